import { describe, expect, it } from "vitest";
import { declaring, sinksOf } from "../reading.fixture.js";
import { production, rails } from "./rails.fixture.js";

async function photo(
  files: Readonly<Record<string, string>>,
  deployment?: Parameters<typeof rails>[1],
): Promise<readonly string[] | undefined> {
  return sinksOf(await rails(files, deployment))["Listing.photo"];
}

describe("Active Storage", () => {
  it("keeps files where the service of production says", async () => {
    const reading = await rails({});
    expect(sinksOf(reading)).toEqual({ "Listing.photo": ["disk storage"] });
    expect(reading.framework).toBe("rails");
    expect(reading.sinks[0]?.outcomes[0]?.because.map(({ file, line }) => `${file}:${line}`)).toEqual([
      "app/models/listing.rb:2",
      "config/environments/production.rb:2",
      "config/storage.yml:4",
    ]);
    expect(await photo(production("config.active_storage.service = :amazon"))).toEqual(["s3"]);
  });

  it("is not what a comment says", async () => {
    expect(await photo(production("config.active_storage.service = :local", "# config.active_storage.service = :amazon"))).toEqual([
      "disk storage",
    ]);
    const listing = "class Listing < ApplicationRecord\n  # has_one_attached :photo\nend\n";
    expect(sinksOf(await rails({ "app/models/listing.rb": listing }))).toEqual({});
  });

  it("says nothing where nothing is attached", async () => {
    expect(sinksOf(await rails({ "app/models/listing.rb": "class Listing < ApplicationRecord\nend\n" }))).toEqual({});
  });

  it("may be told by a variable", async () => {
    expect(await photo(production('config.active_storage.service = ENV.fetch("STORAGE_SERVICE", "local").to_sym'))).toEqual([
      "STORAGE_SERVICE=amazon → s3",
      "disk storage",
    ]);
    expect(await photo(production('config.active_storage.service = ENV["S3_BUCKET"].present? ? :amazon : :local'))).toEqual([
      "S3_BUCKET → s3",
      "disk storage",
    ]);
    expect(
      await photo(
        production(
          "if ENV['S3_BUCKET']",
          "  config.active_storage.service = :amazon",
          "else",
          "  config.active_storage.service = :local",
          "end",
        ),
      ),
    ).toEqual(["not S3_BUCKET there → disk storage", "s3"]);
    expect(
      await photo(
        production("config.active_storage.service = :local", 'config.active_storage.service = :amazon if ENV["USE_S3"] == "true"'),
      ),
    ).toEqual(["USE_S3=true → s3", "disk storage"]);
    expect(
      await photo(production("service = ENV['USE_S3'] == 'yes' ? 'amazon' : 'local'", "config.active_storage.service = service.to_sym")),
    ).toEqual(["USE_S3=yes → s3", "disk storage"]);
    expect(
      await photo(production('config.active_storage.service = case ENV["STORE"]', 'when "s3", "aws" then :amazon', "else :local", "end")),
    ).toEqual(["(STORE=s3 or STORE=aws) → s3", "disk storage"]);
  });

  it("takes the setting of application.rb where production has none, and a later one over an earlier", async () => {
    const application = "class Application < Rails::Application\n  config.active_storage.service = :amazon\nend\n";
    expect(await photo({ ...production("config.eager_load = true"), "config/application.rb": application })).toEqual(["s3"]);
    expect(await photo({ "config/application.rb": application })).toEqual(["disk storage"]);
    expect(await photo({ "config/initializers/storage.rb": "Rails.application.config.active_storage.service = :amazon\n" })).toEqual([
      "s3",
    ]);
  });

  it("fails rather than lose where no service is chosen, or none by that name is there", async () => {
    expect(await photo(production("config.eager_load = true"))).toEqual(["fails"]);
    expect(await photo(production("config.active_storage.service = :google"))).toEqual(["fails"]);
    expect(await photo({ ...production("config.active_storage.service = :amazon"), Gemfile: 'gem "rails"\n' })).toEqual(["fails"]);
    expect(await photo({ "config/storage.yml": "" })).toEqual(["fails"]);
  });

  it("takes a service's folder from where it is written", async () => {
    const storage = (root: string): Readonly<Record<string, string>> => ({
      "config/storage.yml": `local:\n  service: Disk\n  root: ${root}\n`,
    });
    expect(await photo(storage('<%= Rails.root.join("/data") %>'))).toEqual(["disk /data"]);
    expect(await photo(storage('<%= Rails.root.join("storage", Rails.env) %>'))).toEqual(["disk storage/production"]);
    expect(await photo(storage('<%= ENV.fetch("STORAGE_PATH", Rails.root.join("storage")) %>'))).toEqual(["disk ${STORAGE_PATH:-storage}"]);
    expect(await photo(storage('<%= ENV["RAILWAY_VOLUME_MOUNT_PATH"] || Rails.root.join("storage") %>'))).toEqual([
      "disk ${RAILWAY_VOLUME_MOUNT_PATH:-storage}",
    ]);
    expect(await photo(storage("/var/data/uploads"))).toEqual(["disk /var/data/uploads"]);
    expect(await photo(storage("<%= File.join(ENV['DISK_PATH'], 'files') %>"))).toEqual(["disk ${DISK_PATH}/files"]);
  });

  it("reads storage.yml with its branches, anchors and mirrors", async () => {
    const branches =
      'local:\n<% if ENV["S3_BUCKET"].present? %>\n  service: S3\n  bucket: x\n<% else %>\n  service: Disk\n  root: /srv\n<% end %>\n';
    expect(await photo({ "config/storage.yml": branches })).toEqual(["S3_BUCKET → s3", "disk /srv"]);
    const anchors = "disk: &disk\n  service: Disk\n  root: /srv\nlocal:\n  <<: *disk\n  root: /data\n";
    expect(await photo({ "config/storage.yml": anchors })).toEqual(["disk /data"]);
    const mirror =
      "disk:\n  service: Disk\n  root: /srv\namazon:\n  service: S3\nlocal:\n  service: Mirror\n  primary: disk\n  mirrors: [amazon]\n";
    expect(await photo({ "config/storage.yml": mirror })).toEqual(["disk /srv"]);
  });

  it("knows services of other gems, of the database and of the app's own", async () => {
    const kind = (name: string, gem: string): Readonly<Record<string, string>> => ({
      "config/storage.yml": `local:\n  service: ${name}\n`,
      Gemfile: `gem "rails"\ngem "${gem}"\n`,
    });
    expect(await photo(kind("Cloudinary", "cloudinary"))).toEqual(["cloudinary"]);
    expect(await photo(kind("GCS", "google-cloud-storage"))).toEqual(["gcs"]);
    expect(await photo(kind("Database", "activestorage-database-service"))).toEqual(["database blob column"]);
    expect(await photo(kind("Moss", "moss"))).toEqual(["unknown: the storage service Moss"]);
    const own =
      "require 'active_storage/service/disk_service'\nclass ActiveStorage::Service::MossService < ActiveStorage::Service::DiskService\nend\n";
    expect(await photo({ ...kind("Moss", "moss"), "lib/active_storage/service/moss_service.rb": own })).toEqual(["disk ?"]);
  });

  it("judges each attachment by the service it names", async () => {
    const listing = "class Listing < ApplicationRecord\n  has_one_attached :photo, service: :amazon\n  has_many_attached :plans\nend\n";
    expect(sinksOf(await rails({ "app/models/listing.rb": listing }))).toEqual({
      "Listing.photo": ["s3"],
      "Listing.plans": ["disk storage"],
    });
  });

  it("sees the pictures of rich text, unless scripts refuse them", async () => {
    const post = { "app/models/listing.rb": "class Post < ApplicationRecord\n  has_rich_text :body\nend\n" };
    expect(sinksOf(await rails(post))).toEqual({ "Post.body": ["disk storage"] });
    const script = 'addEventListener("trix-file-accept", (event) => { event.preventDefault() })\n';
    expect(sinksOf(await rails({ ...post, "app/javascript/application.js": script }))).toEqual({});
  });

  it("sees attachments in modules that a model includes, not in those that nobody does, nor in tests", async () => {
    const concern = "module Pictured\n  extend ActiveSupport::Concern\n  included do\n    has_one_attached :picture\n  end\nend\n";
    const files = { "app/models/listing.rb": "", "app/models/concerns/pictured.rb": concern };
    expect(sinksOf(await rails(files))).toEqual({});
    expect(sinksOf(await rails({ ...files, "app/models/farm.rb": "class Farm < ApplicationRecord\n  include Pictured\nend\n" }))).toEqual({
      "Pictured.picture": ["disk storage"],
    });
    expect(
      sinksOf(await rails({ "app/models/listing.rb": "", "spec/models/farm_spec.rb": "class Farm\n  has_one_attached :photo\nend\n" })),
    ).toEqual({});
  });

  it("reads the environment that the platform declares", async () => {
    const files = { "config/environments/staging.rb": "Rails.application.configure do\n  config.active_storage.service = :amazon\nend\n" };
    expect(await photo(files, declaring({ RAILS_ENV: "staging" }))).toEqual(["s3"]);
    expect(await photo(files)).toEqual(["disk storage"]);
  });

  it("does not take a test that it cannot read for an answer", async () => {
    expect(await photo(production("config.active_storage.service = Flags.on?(:cloud) ? :amazon : :local"))).toEqual([
      "? → s3",
      "disk storage",
    ]);
  });
});
