import { readingOf } from "../reading.fixture.js";
import type { Deployment, Reading } from "../model.js";
import { rubyReader } from "./index.js";

const storage = `
local:
  service: Disk
  root: <%= Rails.root.join("storage") %>
amazon:
  service: S3
  bucket: <%= ENV["S3_BUCKET"] %>
`;

/** A Rails app with a photo on its listings; what is given comes over it. An empty text takes a file away. */
export function rails(files: Readonly<Record<string, string>>, deployment?: Deployment): Promise<Reading> {
  const all: Record<string, string> = {
    Gemfile: 'gem "rails"\ngem "pg"\ngem "aws-sdk-s3"\n',
    "config/application.rb": "module Meadow\n  class Application < Rails::Application\n  end\nend\n",
    "config/environments/production.rb": "Rails.application.configure do\n  config.active_storage.service = :local\nend\n",
    "config/storage.yml": storage,
    "app/models/listing.rb": "class Listing < ApplicationRecord\n  has_one_attached :photo\nend\n",
    ...files,
  };
  return readingOf(rubyReader, Object.fromEntries(Object.entries(all).filter(([, text]) => text !== "")), deployment);
}

/** `config/environments/production.rb` with these lines in it. */
export function production(...lines: readonly string[]): Readonly<Record<string, string>> {
  return { "config/environments/production.rb": `Rails.application.configure do\n  ${lines.join("\n  ")}\nend\n` };
}
