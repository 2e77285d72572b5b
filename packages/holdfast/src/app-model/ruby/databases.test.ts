import { describe, expect, it } from "vitest";
import { databasesOf, declaring } from "../reading.fixture.js";
import { rails } from "./rails.fixture.js";

const sqlite = 'gem "rails"\ngem "sqlite3"\n';
const everywhere = 'gem "rails"\ngem "sqlite3"\ngem "pg"\n';
const both = 'gem "rails"\ngem "sqlite3", group: %i[development test]\ngroup :production do\n  gem "pg"\nend\n';

async function main(yml: string, gemfile = sqlite, deployment?: Parameters<typeof rails>[1]): Promise<readonly string[] | undefined> {
  return databasesOf(await rails({ Gemfile: gemfile, "config/database.yml": yml }, deployment))["default"];
}

describe("config/database.yml", () => {
  it("names a server, or a SQLite file", async () => {
    expect(await main("production:\n  adapter: postgresql\n  database: meadow\n")).toEqual(["database postgres"]);
    expect(await main("default: &default\n  adapter: mysql2\nproduction:\n  <<: *default\n  database: meadow\n")).toEqual([
      "database mysql",
    ]);
    expect(
      await main("default: &default\n  adapter: sqlite3\nproduction:\n  <<: *default\n  database: storage/production.sqlite3\n"),
    ).toEqual(["disk storage/production.sqlite3"]);
    expect(await main("production:\n  adapter: sqlite3\n  database: /data/production.sqlite3\n")).toEqual([
      "disk /data/production.sqlite3",
    ]);
    expect(await main('production:\n  adapter: sqlite3\n  database: <%= ENV.fetch("DB_PATH", "db/production.sqlite3") %>\n')).toEqual([
      "disk ${DB_PATH:-db/production.sqlite3}",
    ]);
  });

  it("gives way to DATABASE_URL, where the app has a driver for a server", async () => {
    const yml = "production:\n  adapter: sqlite3\n  database: db/production.sqlite3\n";
    // Without the variable, an app that has no gem for SQLite in production does not start.
    expect(await main(yml, both)).toEqual(["DATABASE_URL → database postgres", "fails"]);
    expect(await main(yml, everywhere)).toEqual(["DATABASE_URL → database postgres", "disk db/production.sqlite3"]);
    expect(await main(yml)).toEqual(["disk db/production.sqlite3"]);
    expect(await main(yml, 'gem "rails"\ngem "sqlite3"\ngroup :development do\n  gem "pg"\nend\n')).toEqual(["disk db/production.sqlite3"]);
    expect(await main(yml, both, declaring({ DATABASE_URL: "sqlite3:/data/production.sqlite3" }))).toEqual([
      "DATABASE_URL → disk /data/production.sqlite3",
      "fails",
    ]);
  });

  it("takes an address that it gives itself", async () => {
    expect(await main('production:\n  adapter: postgresql\n  url: <%= ENV["DATABASE_URL"] %>\n', everywhere)).toEqual([
      "database postgres",
    ]);
    expect(await main('production:\n  url: <%= ENV["DATABASE_URL"] %>\n', everywhere)).toEqual([
      "DATABASE_URL there → database postgres",
      "fails",
    ]);
    expect(
      await main('production:\n  adapter: sqlite3\n  database: db/x.sqlite3\n  url: <%= ENV["DATABASE_URL"] %>\n', everywhere),
    ).toEqual(["DATABASE_URL there → database postgres", "disk db/x.sqlite3"]);
    expect(await main('production:\n  url: <%= ENV.fetch("DATABASE_URL", "sqlite3:storage/x.sqlite3") %>\n', everywhere)).toEqual([
      "DATABASE_URL there → database postgres",
      "disk storage/x.sqlite3",
    ]);
  });

  it("may choose its adapter by a variable or a branch", async () => {
    expect(
      await main('production:\n  adapter: <%= ENV["DB_ADAPTER"] || "sqlite3" %>\n  database: db/x.sqlite3\n', 'gem "rails"\n'),
    ).toEqual([
      "DB_ADAPTER=sqlite3 → disk db/x.sqlite3",
      "DB_ADAPTER=postgresql → database postgres",
      "DB_ADAPTER=mysql2 → database mysql",
      "DB_ADAPTER=trilogy → database mysql",
      "DB_ADAPTER=postgis → database postgres",
      "fails",
    ]);
    const branch =
      'production:\n<% if ENV["DATABASE_URL"] %>\n  url: <%= ENV["DATABASE_URL"] %>\n<% else %>\n  adapter: sqlite3\n  database: db/x.sqlite3\n<% end %>\n';
    expect(await main(branch, everywhere)).toEqual(["DATABASE_URL there → database postgres", "disk db/x.sqlite3"]);
  });

  it("has several databases: those for caches and queues are no loss of records", async () => {
    const yml =
      "production:\n  primary:\n    adapter: postgresql\n  cache:\n    adapter: sqlite3\n    database: storage/cache.sqlite3\n  stats:\n    adapter: sqlite3\n    database: storage/stats.sqlite3\n";
    const reading = await rails({ Gemfile: sqlite, "config/database.yml": yml });
    expect(databasesOf(reading)).toEqual({ default: ["database postgres"], stats: ["disk storage/stats.sqlite3"] });
    expect(reading.observations).toMatchObject([{ name: "side-database-on-disk", details: { database: "cache" }, line: 4 }]);
  });

  it("may be missing: then only DATABASE_URL can say", async () => {
    expect(databasesOf(await rails({}))["default"]).toEqual(["DATABASE_URL → database postgres", "fails"]);
  });
});

describe("databases without Rails", () => {
  const sinatra = async (app: string, gems = 'gem "sinatra"\ngem "pg"\n'): Promise<readonly string[] | undefined> =>
    databasesOf(
      await rails({
        Gemfile: gems,
        "config/application.rb": "",
        "config/environments/production.rb": "",
        "app/models/listing.rb": "",
        "app.rb": app,
      }),
    )["default"];

  it("are what the code connects to", async () => {
    expect(await sinatra('DB = Sequel.connect(ENV["DATABASE_URL"] || "sqlite://db/app.db")\n')).toEqual([
      "DATABASE_URL there → database postgres",
      "disk db/app.db",
    ]);
    expect(await sinatra('ActiveRecord::Base.establish_connection(adapter: "sqlite3", database: "db/app.sqlite3")\n')).toEqual([
      "disk db/app.sqlite3",
    ]);
    expect(await sinatra('DB = SQLite3::Database.new("notes.db")\n')).toEqual(["disk notes.db"]);
    expect(await sinatra('set :database, { adapter: "postgresql", url: ENV["DATABASE_URL"] }\n')).toEqual(["database postgres"]);
  });
});
