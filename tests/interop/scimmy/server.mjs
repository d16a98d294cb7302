// A SCIM service provider made of SCIMMY and Express, with everything in memory: as little as possible
// beyond what the libraries' own documentation shows. Usage: node server.mjs PORT TOKEN
import { randomUUID } from "node:crypto";
import express from "express";
import SCIMMY from "scimmy";
import SCIMMYRouters from "scimmy-routers";

const [port, token] = process.argv.slice(2);
const users = new Map();
const groups = new Map();

const keep = (store, unique) => (resource, data) => {
    const id = resource.id ?? randomUUID();
    if (resource.id && !store.has(id)) throw new SCIMMY.Types.Error(404, null, `Resource ${id} not found`);
    const taken = [...store.values()].some(known => known.id !== id
        && known[unique]?.toLowerCase() === data[unique]?.toLowerCase());
    if (taken) throw new SCIMMY.Types.Error(409, "uniqueness", `${unique} is taken`);
    const now = new Date().toISOString();
    const created = store.get(id)?.meta?.created ?? now;
    const kept = { ...JSON.parse(JSON.stringify(data)), id, meta: { created, lastModified: now } };
    store.set(id, kept);
    return kept;
};
const show = store => resource => {
    if (!resource.id) return resource.filter?.match([...store.values()]) ?? [...store.values()];
    if (!store.has(resource.id)) throw new SCIMMY.Types.Error(404, null, `Resource ${resource.id} not found`);
    return store.get(resource.id);
};
const drop = store => resource => {
    if (!store.delete(resource.id)) throw new SCIMMY.Types.Error(404, null, `Resource ${resource.id} not found`);
};

SCIMMY.Resources.declare(SCIMMY.Resources.User)
    .extend(SCIMMY.Schemas.EnterpriseUser, false)
    .ingress(keep(users, "userName")).egress(show(users)).degress(drop(users));
SCIMMY.Resources.declare(SCIMMY.Resources.Group)
    .ingress(keep(groups, "displayName")).egress(show(groups)).degress(drop(groups));

const app = express();
app.use("/scim/v2", new SCIMMYRouters({
    type: "bearer",
    docUri: "https://example.com/help",
    handler: request => {
        if (request.header("Authorization") !== `Bearer ${token}`) throw new Error("the token is missing or wrong");
        return "scimulate";
    }
}));
app.listen(Number(port), "127.0.0.1", () => console.log(`listening on ${port}`));
