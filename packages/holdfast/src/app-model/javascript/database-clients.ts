/** How a call opens a database, by its name, and where in its arguments it says which one. */
export type Opening =
  /** A server, always. */
  | { readonly kind: "server"; readonly engine: string }
  /** A server that the first argument's address, or its `url`, may turn out to be a file. */
  | { readonly kind: "address"; readonly engine: string }
  /** A file named by the first argument, or by one of these entries of it. */
  | { readonly kind: "file"; readonly entries: readonly string[]; readonly fallback: string | undefined }
  /** Options with a dialect: Sequelize, knex, TypeORM. */
  | { readonly kind: "dialect" }
  | { readonly kind: "prisma" }
  /** Supabase's client, which counts where tables are asked for. */
  | { readonly kind: "supabase" };

const server = (engine: string): Opening => ({ kind: "server", engine });
const file = (entries: readonly string[], fallback?: string): Opening => ({ kind: "file", entries, fallback });

const openings: readonly (readonly [RegExp, Opening])[] = [
  [/^mongoose:(connect|createConnection)\(\)$/, server("mongodb")],
  [/^(mongodb:MongoClient(\(\)|\.connect\(\))|mongodb:connect\(\)|monk\(\)|mongojs\(\)|mongoist\(\))$/, server("mongodb")],
  [/^(@m8a\/)?nestjs-typegoose:TypegooseModule\.(forRoot|forRootAsync)\(\)$/, server("mongodb")],
  [/^@nestjs\/mongoose:MongooseModule\.(forRoot|forRootAsync)\(\)$/, server("mongodb")],
  [/^@typegoose\/typegoose:mongoose\.connect\(\)$/, server("mongodb")],
  [
    /^(pg|pg-pool|pg-native|@neondatabase\/serverless|@vercel\/postgres)(:(Pool|Client|native\.Pool|createPool|createClient|sql|neon|Pool))?\(\)$/,
    server("postgres"),
  ],
  [/^@vercel\/postgres:sql$/, server("postgres")],
  [/^(postgres|pg-promise|pg-promise\(\)|slonik:createPool|postgrator)\(\)$/, server("postgres")],
  [
    /^(mysql|mysql2|mysql2\/promise|promise-mysql|mariadb|serverless-mysql)(:(createConnection|createPool|createPoolCluster|promise\.createPool))?\(\)$/,
    server("mysql"),
  ],
  [/^@planetscale\/database:(connect|Client)\(\)$/, server("mysql")],
  [/^mssql:(connect|ConnectionPool)\(\)$/, server("mssql")],
  [/^oracledb:(getConnection|createPool)\(\)$/, server("oracle")],
  [
    /^(firebase-admin(\/app)?:(firestore|database|default\.firestore)|firebase-admin\/firestore:(getFirestore|initializeFirestore)|@google-cloud\/firestore:Firestore|firebase\/firestore(\/lite)?:(getFirestore|initializeFirestore)|firebase\/database:getDatabase|firebase-admin\/database:getDatabase)\(\)$/,
    server("firestore"),
  ],
  [
    /^(@aws-sdk\/(client-dynamodb:DynamoDB(Client)?|lib-dynamodb:DynamoDBDocumentClient\.from)|aws-sdk:DynamoDB(\.DocumentClient)?|dynamoose:aws\.ddb\.set)\(\)$/,
    server("dynamodb"),
  ],
  [
    /^(airtable|airtable:default|faunadb:Client|cassandra-driver:Client|neo4j-driver:driver|nano|surrealdb:Surreal|arangojs:Database|couchbase:connect|@clickhouse\/client:createClient|convex\/server:.*|node-appwrite:Databases|redis-om:Client)\(\)$/,
    server("a database service"),
  ],
  [
    /^(better-sqlite3|better-sqlite3-multiple-ciphers|sqlite3:Database|sqlite3:verbose\(\)\.Database|sqlite3:cached\.Database|@vscode\/sqlite3:Database|bun:sqlite|bun:sqlite:Database|sqlite:DatabaseSync|node-sqlite3-wasm:Database|sqlite-async:Database|libsql|sqlite-sync:connect|@databases\/sqlite|sqlite3)\(\)$/,
    file(["filename"], ":memory:"),
  ],
  [/^(sqlite:open|sqlite:Database\.open|sqlite-async:Database\.open|aa-sqlite:open)\(\)$/, file(["filename"])],
  [/^@databases\/pg\(\)$/, server("postgres")],
  [/^(sequelize:Sequelize|sequelize|sequelize-typescript:Sequelize)\(\)$/, { kind: "dialect" }],
  [/^@nestjs\/(sequelize:SequelizeModule|typeorm:TypeOrmModule)\.(forRoot|forRootAsync)\(\)$/, { kind: "dialect" }],
  [/^(knex|knex:knex|knex:Knex)\(\)$/, { kind: "dialect" }],
  [/^typeorm:(DataSource|createConnection|createConnections|Connection)\(\)$/, { kind: "dialect" }],
  [
    /^(@mikro-orm\/core:MikroORM\.init|@mikro-orm\/[a-z0-9-]+:(MikroORM\.init|defineConfig)|@mikro-orm\/nestjs:MikroOrmModule\.forRoot)\(\)$/,
    { kind: "dialect" },
  ],
  [
    /^drizzle-orm\/(node-postgres|neon-http|neon-serverless|postgres-js|vercel-postgres|aws-data-api\/pg|pg-proxy):drizzle\(\)$/,
    server("postgres"),
  ],
  [/^drizzle-orm\/(mysql2|planetscale-serverless|tidb-serverless|singlestore):drizzle\(\)$/, server("mysql")],
  [/^drizzle-orm\/d1:drizzle\(\)$/, server("d1")],
  [/^drizzle-orm\/(libsql|libsql\/[a-z]+):drizzle\(\)$/, { kind: "address", engine: "turso" }],
  [/^drizzle-orm\/(better-sqlite3|bun-sqlite):drizzle\(\)$/, { kind: "address", engine: "sqlite" }],
  [/^@libsql\/client(\/[a-z0-9]+)?:createClient\(\)$/, { kind: "address", engine: "turso" }],
  [/^(@prisma\/client|.*\/generated\/.*|\.prisma\/client)(\/[a-z-]+)?:PrismaClient\(\)$/, { kind: "prisma" }],
  [
    /^@supabase\/[a-z-]+:(createClient|createServerClient|createBrowserClient|createRouteHandlerClient|createServerComponentClient|createServerActionClient|createPagesServerClient|createPagesBrowserClient|createClientComponentClient)\(\)$/,
    { kind: "supabase" },
  ],
  [
    /^lowdb(\/node|\/adapters\/(FileSync|FileAsync))?:?(JSONFile|JSONFileSync|JSONFilePreset|JSONFileSyncPreset|FileSync|FileAsync|TextFile|TextFileSync)?\(\)$/,
    file([]),
  ],
  [
    /^(nedb|nedb-promises|@seald-io\/nedb|nedb-async|@nedb\/core)(:(create|Datastore|default|AsyncNedb))?\(\)$/,
    file(["filename"], ":memory:"),
  ],
  [
    /^(node-json-db:JsonDB|node-json-db:Config|simple-json-db|json-fs-store|jsonfile-store|diskdb:connect|stormdb:localFileEngine|json-server:router|quick\.db:QuickDB|quick\.db:SqliteDriver|enmap|node-persist:init|easy-json-database|lokijs|@databases\/sqlite|flat-file-db|level|level:Level|classic-level:ClassicLevel|lmdb:open|pouchdb|pouchdb-node)\(\)$/,
    file(["filePath", "filename", "dir", "dataDir", "path"], "a file of its own"),
  ],
];

/** How a call of this name opens a database, if it does. */
export const openingOf = (name: string): Opening | undefined => openings.find(([call]) => call.test(name))?.[1];

const dialects: readonly (readonly [RegExp, string])[] = [
  [/^(postgres|postgresql|pg|pgnative|cockroachdb|aurora-postgres|aurora-data-api-pg|redshift|neon)$/i, "postgres"],
  [/^(mysql|mysql2|mariadb|aurora-mysql|tidb)$/i, "mysql"],
  [/^(mssql|sqlserver|tedious)$/i, "mssql"],
  [/^(mongodb|mongo)$/i, "mongodb"],
  [/^(sqlite|sqlite3|better-sqlite3|better-sqlite|sqljs|sql\.js|expo|libsql)$/i, "sqlite"],
  [/^(oracle|oracledb)$/i, "oracle"],
];

/** The engine that a dialect's name means; `sqlite` is a file. */
export const engineOf = (dialect: string): string | undefined => dialects.find(([name]) => name.test(dialect))?.[1];

const schemes: readonly (readonly [RegExp, string])[] = [
  [/^(postgres|postgresql|cockroachdb|prisma\+postgres|prisma):/i, "postgres"],
  [/^(mysql|mariadb|mysql2):/i, "mysql"],
  [/^mongodb(\+srv)?:/i, "mongodb"],
  [/^(mssql|sqlserver):/i, "mssql"],
  [/^(libsql|https?|wss?|turso):/i, "turso"],
];

/** The server that an address leads to, if it leads to one. */
export const serverOf = (address: string): string | undefined => schemes.find(([scheme]) => scheme.test(address))?.[1];
