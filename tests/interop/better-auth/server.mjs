// Better Auth's SCIM plugin with everything in memory, as its documentation shows. Usage: node server.mjs PORT TOKEN
import { createServer } from "node:http";
import { betterAuth } from "better-auth";
import { memoryAdapter } from "better-auth/adapters/memory";
import { getAuthTables } from "better-auth/db";
import { toNodeHandler } from "better-auth/node";
import { scim } from "@better-auth/scim";

const [port, token] = process.argv.slice(2);
const options = {
    baseURL: `http://127.0.0.1:${port}`,
    secret: "a secret of thirty-two characters or more",
    rateLimit: { enabled: false },
    plugins: [scim({ connections: [{ id: "okta", credentials: [{ id: "first", token }] }] })]
};
const names = Object.entries(getAuthTables(options)).flatMap(([name, table]) => [name, table.modelName]);
options.database = memoryAdapter(Object.fromEntries(names.map(name => [name, []])));
const auth = betterAuth(options);
createServer(toNodeHandler(auth)).listen(Number(port), "127.0.0.1", () => console.log(`listening on ${port}`));
