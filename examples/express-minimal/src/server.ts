import { Pool } from "pg";
import { createApp } from "./app.js";

const { DATABASE_URL, HOST = "127.0.0.1", PORT = "3000" } = process.env;
if (DATABASE_URL === undefined) throw new Error("Set DATABASE_URL to the URL of a PostgreSQL database.");
const pool = new Pool({ connectionString: DATABASE_URL });
const { app, media } = await createApp(pool);
const server = app.listen(Number(PORT), HOST, () => console.log(`Articles: http://${HOST}:${PORT}/articles`));
const close = (): unknown => server.close(() => void media.close().then(async () => await pool.end()));
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, close);
