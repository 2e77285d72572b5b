import { describe, expect, it } from "vitest";
import { sinksOf } from "../reading.fixture.js";
import { rails } from "./rails.fixture.js";

async function photo(files: Readonly<Record<string, string>>): Promise<readonly string[] | undefined> {
  return sinksOf(await rails(files))["Listing.photo"];
}

describe("CarrierWave", () => {
  const listing = "class Listing < ApplicationRecord\n  mount_uploader :photo, PhotoUploader\nend\n";
  const uploader = (...lines: readonly string[]): Readonly<Record<string, string>> => ({
    "app/models/listing.rb": listing,
    "app/uploaders/photo_uploader.rb": `class PhotoUploader < CarrierWave::Uploader::Base\n  ${lines.join("\n  ")}\nend\n`,
  });
  const configured = (...lines: readonly string[]): Readonly<Record<string, string>> => ({
    "config/initializers/carrierwave.rb": `CarrierWave.configure do |config|\n  ${lines.join("\n  ")}\nend\n`,
  });
  const fog = ["config.fog_credentials = { provider: 'AWS' }", "config.fog_directory = ENV['S3_BUCKET']"];

  it("keeps files on disk where no storage is chosen", async () => {
    expect(await photo(uploader())).toEqual(["disk public/uploads"]);
    expect(await photo(uploader("def store_dir", '  "pictures/#{model.id}"', "end"))).toEqual(["disk public/pictures"]);
    expect(await photo(uploader("storage :file", "def store_dir", '  "/data/uploads/#{model.id}"', "end"))).toEqual(["disk /data/uploads"]);
  });

  it("is told by the uploader, under its conditions", async () => {
    expect(await photo({ ...uploader("storage :fog"), ...configured(...fog) })).toEqual(["s3"]);
    expect(
      await photo({ ...uploader("if Rails.env.production?", "  storage :fog", "else", "  storage :file", "end"), ...configured(...fog) }),
    ).toEqual(["s3"]);
    expect(await photo({ ...uploader("storage Rails.env.development? ? :fog : :file"), ...configured(...fog) })).toEqual([
      "disk public/uploads",
    ]);
    expect(await photo({ ...uploader('storage ENV["S3_BUCKET"] ? :fog : :file'), ...configured(...fog) })).toEqual([
      "S3_BUCKET there → s3",
      "disk public/uploads",
    ]);
    expect(await photo(uploader("# storage :fog", "storage :file"))).toEqual(["disk public/uploads"]);
    expect(await photo(uploader("include Cloudinary::CarrierWave"))).toEqual(["cloudinary"]);
    expect(await photo(uploader("include Cloudinary::CarrierWave", "storage :file"))).toEqual(["disk public/uploads"]);
    expect(await photo(uploader("include Cloudinary::CarrierWave if Rails.env.production?"))).toEqual(["cloudinary"]);
  });

  it("is told by the initializer where the uploader says nothing", async () => {
    expect(await photo({ ...uploader(), ...configured("config.storage = :fog", ...fog) })).toEqual(["s3"]);
    expect(await photo({ ...uploader(), ...configured("config.storage :aws") })).toEqual(["s3"]);
    expect(await photo({ ...uploader(), ...configured('if ENV["S3_KEY"].present?', "  config.storage = :fog", ...fog, "end") })).toEqual([
      "S3_KEY → s3",
      "disk public/uploads",
    ]);
    expect(await photo({ ...uploader(), ...configured('config.root = "/data"') })).toEqual(["disk /data/uploads"]);
  });

  it("knows that fog may be the disk, or not set up at all", async () => {
    expect(
      await photo({ ...uploader("storage :fog"), ...configured("config.fog_credentials = { provider: 'Local', local_root: 'x' }") }),
    ).toEqual(["disk public/uploads"]);
    expect(await photo(uploader("storage :fog"))).toEqual(["fails"]);
  });

  it("may be chosen by a variable, by its class, or under a name of its own", async () => {
    expect(await photo({ ...uploader("storage ENV.fetch('STORAGE', 'file').to_sym"), ...configured(...fog) })).toEqual([
      "STORAGE=file → disk public/uploads",
      "STORAGE=fog → s3",
      "STORAGE=aws → s3",
      "not STORAGE there → disk public/uploads",
      "fails",
    ]);
    expect(await photo({ ...uploader(), ...configured("config.storage = CarrierWave::Storage::Fog", ...fog) })).toEqual(["s3"]);
    expect(await photo({ ...uploader(), ...configured("config.storage = :oss") })).toEqual(["oss"]);
    expect(await photo({ ...uploader(), ...configured("config.storage = :our_own") })).toEqual(["unknown: the storage our_own"]);
  });

  it("follows what an uploader is made from", async () => {
    const base = { "app/uploaders/base_uploader.rb": "class BaseUploader < CarrierWave::Uploader::Base\n  storage :aws\nend\n" };
    const child = { "app/uploaders/photo_uploader.rb": "class PhotoUploader < BaseUploader\nend\n", "app/models/listing.rb": listing };
    expect(await photo({ ...base, ...child })).toEqual(["s3"]);
  });

  it("says nothing of an uploader that is mounted nowhere", async () => {
    expect(sinksOf(await rails({ ...uploader(), "app/models/listing.rb": "" }))).toEqual({});
  });
});

describe("Shrine", () => {
  const shrine = (storages: string, more: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> => ({
    "config/initializers/shrine.rb": `require "shrine"\n${storages}\n`,
    "app/uploaders/photo_uploader.rb": "class PhotoUploader < Shrine\nend\n",
    "app/models/listing.rb": "class Listing < ApplicationRecord\n  include PhotoUploader::Attachment(:photo)\nend\n",
    ...more,
  });

  it("keeps files in the storage called store", async () => {
    expect(
      await photo(
        shrine(
          'Shrine.storages = { cache: Shrine::Storage::S3.new(bucket: "x"), store: Shrine::Storage::FileSystem.new("public", prefix: "uploads/store") }',
        ),
      ),
    ).toEqual(["disk public/uploads/store"]);
    expect(
      await photo(
        shrine('Shrine.storages = { cache: Shrine::Storage::FileSystem.new("public"), store: Shrine::Storage::S3.new(**options) }'),
      ),
    ).toEqual(["s3"]);
    expect(await photo(shrine("Shrine.storages = { store: Shrine::Storage::Cloudinary.new(prefix: 'x') }"))).toEqual(["cloudinary"]);
  });

  it("follows branches and later assignments", async () => {
    const branches =
      'if Rails.env.production?\n  Shrine.storages = { store: Shrine::Storage::S3.new(bucket: "x") }\nelse\n  Shrine.storages = { store: Shrine::Storage::FileSystem.new("public") }\nend';
    expect(await photo(shrine(branches))).toEqual(["s3"]);
    const later =
      'Shrine.storages = { store: Shrine::Storage::FileSystem.new("public") }\nShrine.storages[:store] = Shrine::Storage::S3.new(bucket: "x") if ENV["S3_BUCKET"].present?';
    expect(await photo(shrine(later))).toEqual(["S3_BUCKET → s3", "disk public"]);
  });

  it("knows the forms of an attachment, and a storage that it names itself", async () => {
    const storages = 'Shrine.storages = { store: Shrine::Storage::FileSystem.new("public"), far: Shrine::Storage::S3.new(bucket: "x") }';
    const listing = (line: string): Readonly<Record<string, string>> => ({
      "app/models/listing.rb": `class Listing < ApplicationRecord\n  ${line}\nend\n`,
    });
    expect(await photo(shrine(storages, listing("include PhotoUploader[:photo]")))).toEqual(["disk public"]);
    expect(await photo(shrine(storages, listing("include PhotoUploader::Attachment.new(:photo)")))).toEqual(["disk public"]);
    expect(await photo(shrine(storages, listing("include PhotoUploader::Attachment(:photo, store: :far)")))).toEqual(["s3"]);
    const own = { "app/uploaders/photo_uploader.rb": "class PhotoUploader < Shrine\n  plugin :default_storage, store: :far\nend\n" };
    expect(await photo(shrine(storages, own))).toEqual(["s3"]);
  });
});

describe("Paperclip, Dragonfly and Attachinary", () => {
  const listing = (line: string): Readonly<Record<string, string>> => ({
    "app/models/listing.rb": `class Listing < ApplicationRecord\n  ${line}\nend\n`,
  });

  it("reads Paperclip's options, at the attachment and for all", async () => {
    expect(await photo(listing("has_attached_file :photo"))).toEqual(["disk public/system"]);
    expect(await photo(listing("has_attached_file :photo, storage: :s3"))).toEqual(["s3"]);
    expect(await photo(listing('has_attached_file :photo, path: ":rails_root/private/:class/:id/:filename"'))).toEqual(["disk private"]);
    const production = "Rails.application.configure do\n  config.paperclip_defaults = { storage: :s3, bucket: ENV['S3_BUCKET'] }\nend\n";
    expect(await photo({ ...listing("has_attached_file :photo"), "config/environments/production.rb": production })).toEqual(["s3"]);
    const initializer = "Paperclip::Attachment.default_options[:storage] = :s3 if ENV['S3_BUCKET'].present?\n";
    expect(await photo({ ...listing("has_attached_file :photo"), "config/initializers/paperclip.rb": initializer })).toEqual([
      "S3_BUCKET → s3",
      "disk public/system",
    ]);
  });

  it("reads Dragonfly's datastore", async () => {
    expect(await photo(listing("dragonfly_accessor :photo"))).toEqual(["disk db/dragonfly"]);
    const initializer = (line: string): Readonly<Record<string, string>> => ({
      "config/initializers/dragonfly.rb": `Dragonfly.app.configure do\n  ${line}\nend\n`,
    });
    expect(await photo({ ...listing("dragonfly_accessor :photo"), ...initializer("datastore :s3, bucket_name: 'x'") })).toEqual(["s3"]);
    expect(
      await photo({
        ...listing("dragonfly_accessor :photo"),
        ...initializer("datastore :file, root_path: Rails.root.join('public/system')"),
      }),
    ).toEqual(["disk public/system"]);
  });

  it("knows that Attachinary is Cloudinary", async () => {
    expect(await photo({ ...listing("has_attachment :photo"), Gemfile: 'gem "rails"\ngem "attachinary"\n' })).toEqual(["cloudinary"]);
  });
});

describe("uploads that the app's own code writes", () => {
  const create = (...lines: readonly string[]): Readonly<Record<string, string>> => ({
    "app/models/listing.rb": "",
    "app/controllers/photos_controller.rb": `class PhotosController < ApplicationController\n  def create\n    ${lines.join("\n    ")}\n  end\nend\n`,
  });
  const written = async (files: Readonly<Record<string, string>>): Promise<readonly string[] | undefined> =>
    sinksOf(await rails(files))["PhotosController#create"];

  it("are lost where they are written to a path of the app", async () => {
    expect(
      await written(
        create(
          "file = params[:photo]",
          'File.open(Rails.root.join("public", "uploads", file.original_filename), "wb") { |out| out.write(file.read) }',
        ),
      ),
    ).toEqual(["disk public/uploads"]);
    expect(await written(create("file = params[:photo]", "FileUtils.cp(file.tempfile.path, Rails.root.join('storage', 'a'))"))).toEqual([
      "disk storage/a",
    ]);
    expect(await written(create('File.binwrite("#{Rails.root}/public/x/#{name}", params[:photo].read)'))).toEqual(["disk public/x"]);
    expect(await written(create("IO.copy_stream(params[:photo].tempfile, target)"))).toEqual(undefined);
    for (const mode of ["mode: 'wb'", "File::CREAT | File::WRONLY"]) {
      const line = `File.open(Rails.root.join("public", "a.png"), ${mode}) { |out| out.write(params[:photo].read) }`;
      expect(await written(create(line)), mode).toEqual(["disk public/a.png"]);
    }
    expect(await written(create('File.open("public/a.bin", "wb") { |out| out.write(request.raw_post) }'))).toEqual(["disk public/a.bin"]);
    expect(await written(create('File.open("public/a.png", File::RDONLY) { |file| send_data(file.read) }'))).toEqual(undefined);
  });

  it("are not kept where only read, or put into the folder for temporary files", async () => {
    expect(await written(create("CSV.foreach(params[:file].path) { |row| Listing.create!(row) }"))).toEqual(undefined);
    expect(await written(create('File.open(Rails.root.join("tmp", "x"), "wb") { |out| out.write(params[:file].read) }'))).toEqual(
      undefined,
    );
  });

  it("are kept where they are sent to a cloud", async () => {
    expect(await written(create("Cloudinary::Uploader.upload(params[:photo].tempfile)"))).toEqual(["cloudinary"]);
    expect(await written(create("client.put_object(bucket: 'x', key: 'y', body: params[:photo].read)"))).toEqual(["s3"]);
  });

  it("go where the environment says", async () => {
    const lines = [
      'if ENV["CLOUDINARY_URL"].present?',
      "  Cloudinary::Uploader.upload(params[:photo].tempfile)",
      "else",
      '  File.binwrite(Rails.root.join("public/uploads/a"), params[:photo].read)',
      "end",
    ];
    expect(await written(create(...lines))).toEqual(["CLOUDINARY_URL → cloudinary", "disk public/uploads/a"]);
  });

  it("fall back to the disk where an error of the cloud is caught", async () => {
    const lines = [
      "begin",
      "  Cloudinary::Uploader.upload(params[:photo].tempfile)",
      "rescue StandardError",
      '  File.binwrite(Rails.root.join("public/uploads/a"), params[:photo].read)',
      "end",
    ];
    const reading = await rails(create(...lines));
    const tables = reading.sinks.map(({ outcomes }) => outcomes.map(({ destination }) => destination.kind));
    expect(tables).toContainEqual(["disk", "passing"]);
  });
});

describe("an app without Rails", () => {
  it("is read as well", async () => {
    const app =
      'require "sinatra"\npost "/photos" do\n  file = params[:file]\n  File.open("./public/uploads/#{file[:filename]}", "wb") { |out| out.write(file[:tempfile].read) }\nend\n';
    const reading = await rails({ Gemfile: 'gem "sinatra"\n', "app.rb": app, "config/application.rb": "", "app/models/listing.rb": "" });
    expect(reading.framework).toBe("sinatra");
    expect(Object.values(sinksOf(reading))).toEqual([["disk public/uploads"]]);
  });
});
