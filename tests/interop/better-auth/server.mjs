// Better Auth's SCIM plugin over SQLite in memory, as its documentation shows. Usage: node server.mjs PORT TOKEN
import { createServer } from "node:http";
import Database from "better-sqlite3";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { toNodeHandler } from "better-auth/node";
import { scim } from "@better-auth/scim";

const [port, token] = process.argv.slice(2);
const options = {
    baseURL: `http://127.0.0.1:${port}`,
    secret: "a secret of thirty-two characters or more",
    database: new Database(":memory:"),
    rateLimit: { enabled: false },
    plugins: [scim({ connections: [{ id: "okta", credentials: [{ id: "first", token }] }] })]
};
await (await getMigrations(options)).runMigrations();
const auth = betterAuth(options);
createServer(toNodeHandler(auth)).listen(Number(port), "127.0.0.1", () => console.log(`listening on ${port}`));
