// What scripts of Postman collections can use of `pm`: variables, the request, the response, tests and
// expectations. What is not here throws with a sentence that names it.
(function (input) {
  const done = { variables: {}, checks: [], log: [], unsupported: [] };
  globalThis.__done = done;
  const refuse = (what) => { done.unsupported.push(what); throw new Error(`${what} cannot be translated`); };
  const show = (value) => value === undefined ? "undefined" : typeof value === "function" ? "a function" : JSON.stringify(value);
  const text = (value) => typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value);
  const variables = (scope) => ({
    get: (name) => (name in done.variables ? done.variables[name] : input.variables[name]),
    set: (name, value) => { done.variables[name] = value === null ? "" : typeof value === "object" ? JSON.stringify(value) : String(value); },
    unset: (name) => { done.variables[name] = null; },
    has: (name) => (name in done.variables ? done.variables[name] !== null : name in input.variables),
    clear: () => refuse(`pm.${scope}.clear`),
    toObject: () => ({ ...input.variables, ...done.variables }),
    replaceIn: (template) => String(template).replace(/\{\{([^{}]+)\}\}/g, (all, name) => {
      const value = name in done.variables ? done.variables[name] : input.variables[name];
      return value === undefined || value === null ? all : value;
    }),
  });
  globalThis.console = {};
  for (const name of ["log", "info", "warn", "error", "debug"]) { console[name] = (...values) => { done.log.push(values.map(text).join(" ")); }; }
  class AssertionError extends Error { constructor(message) { super(message); this.name = "AssertionError"; } }
  const type = (value) => value === null ? "null" : Array.isArray(value) ? "array" : value instanceof RegExp ? "regexp" : typeof value;
  const same = (a, b) => {
    if (a === b || (Number.isNaN(a) && Number.isNaN(b))) { return true; }
    if (type(a) !== type(b) || typeof a !== "object" || a === null) { return false; }
    const [left, right] = [Object.keys(a), Object.keys(b)];
    return left.length === right.length && left.every((key) => key in b && same(a[key], b[key]));
  };
  const size = (value) => typeof value === "string" || Array.isArray(value) ? value.length : value === null || value === undefined ? 0 : Object.keys(value).length;
  const reach = (value, path) => String(path).replace(/\[(\d+)\]/g, ".$1").split(".").reduce((at, key) => at === null || at === undefined ? undefined : at[key], value);

  // chai's expect, as far as collections use it.
  const expect = (subject, note) => {
    const state = { not: false, deep: false, nested: false, any: false, of: subject, length: false };
    const said = (positive, what) => {
      const ok = state.not ? !positive : positive;
      if (!ok) { throw new AssertionError(`${note ? note + ": " : ""}expected ${show(state.of)} ${state.not ? "not " : ""}${what}`); }
      return chain;
    };
    const equals = (a, b) => state.deep ? same(a, b) : a === b;
    const number = (name, test) => (bound) => said(test(state.length ? size(state.of) : state.of, bound), `to be ${name} ${bound}`);
    const has = (name, ...value) => {
      const at = state.nested ? reach(state.of, name) : state.of === null || state.of === undefined ? undefined : state.of[name];
      const there = at !== undefined && (value.length === 0 || equals(at, value[0]));
      said(there, `to have property ${name}${value.length ? " of " + show(value[0]) : ""}`);
      state.of = at;
      return chain;
    };
    const includes = (value) => {
      const of = state.of;
      const there = typeof of === "string" ? of.includes(value)
        : Array.isArray(of) ? of.some((item) => state.deep ? same(item, value) : item === value)
        : of !== null && typeof of === "object" ? Object.keys(Object(value)).every((key) => equals(of[key], value[key])) : false;
      return said(there, `to include ${show(value)}`);
    };
    const typed = (name) => said(type(state.of) === String(name).toLowerCase() || (String(name).toLowerCase() === "object" && type(state.of) === "object"), `to be of type ${name}`);
    const keys = (...names) => {
      const wanted = names.flat();
      const held = Object.keys(Object(state.of));
      const ok = state.any ? wanted.some((key) => held.includes(key)) : state.contains ? wanted.every((key) => held.includes(key)) : same([...held].sort(), [...wanted].map(String).sort());
      return said(ok, `to have keys ${wanted.join(", ")}`);
    };
    const sized = (count) => said(size(state.of) === count, `to have length ${count}`);
    const methods = {
      equal: (value) => said(equals(state.of, value), `to equal ${show(value)}`), eql: (value) => said(same(state.of, value), `to deeply equal ${show(value)}`),
      above: number("above", (a, b) => a > b), least: number("at least", (a, b) => a >= b), below: number("below", (a, b) => a < b), most: number("at most", (a, b) => a <= b),
      within: (low, high) => said(state.of >= low && state.of <= high, `to be within ${low}..${high}`),
      closeTo: (value, by) => said(Math.abs(state.of - value) <= by, `to be close to ${value}`),
      property: has, oneOf: (list) => said(list.includes(state.of), `to be one of ${show(list)}`), match: (pattern) => said(pattern.test(state.of), `to match ${pattern}`),
      string: (value) => said(String(state.of).includes(value), `to contain ${show(value)}`), keys, key: keys, members: (list) => said(list.length === size(state.of) && list.every((item) => state.of.some((held) => state.deep ? same(held, item) : held === item)), `to have members ${show(list)}`),
      satisfy: (test) => said(!!test(state.of), "to satisfy the function"), instanceof: (kind) => said(state.of instanceof kind, `to be an instance of ${kind && kind.name}`),
      status: (wanted) => said(typeof wanted === "number" ? state.of.code === wanted : state.of.status === wanted, `to have status ${show(wanted)}, it has ${state.of.code}`),
      header: (name, ...value) => { const at = state.of.headers.get(name); return said(at !== undefined && (value.length === 0 || at === value[0]), `to have header ${name}`); },
      body: (value) => said(value === undefined ? state.of.text() !== "" : state.of.text() === value, "to have the body"),
      jsonBody: (...args) => {
        let body; try { body = state.of.json(); } catch (_) { return said(false, "to have a JSON body"); }
        if (args.length === 0) { return said(true, "to have a JSON body"); }
        const at = reach(body, args[0]);
        return said(at !== undefined && (args.length === 1 || same(at, args[1])), `to have ${args[0]} in the JSON body`);
      },
      jsonSchema: () => refuse("jsonSchema"),
    };
    Object.assign(methods, { equals: methods.equal, eq: methods.equal, eqls: methods.eql, gt: methods.above, greaterThan: methods.above, gte: methods.least, lt: methods.below, lessThan: methods.below, lte: methods.most, lengthOf: sized, instanceOf: methods.instanceof, ownProperty: has });
    const flags = {
      ok: () => state.of && state.of.__response ? said(state.of.code >= 200 && state.of.code < 300, "to be a success") : said(!!state.of, "to be ok"),
      true: () => said(state.of === true, "to be true"), false: () => said(state.of === false, "to be false"), null: () => said(state.of === null, "to be null"),
      undefined: () => said(state.of === undefined, "to be undefined"), exist: () => said(state.of !== null && state.of !== undefined, "to exist"),
      empty: () => said(size(state.of) === 0, "to be empty"), NaN: () => said(Number.isNaN(state.of), "to be NaN"),
      json: () => said((() => { try { state.of.json(); return true; } catch (_) { return false; } })(), "to be JSON"),
      withBody: () => said(state.of.text() !== "", "to have a body"),
      success: () => said(state.of.code >= 200 && state.of.code < 300, "to be a success"), clientError: () => said(state.of.code >= 400 && state.of.code < 500, "to be a client error"),
      serverError: () => said(state.of.code >= 500, "to be a server error"), error: () => said(state.of.code >= 400, "to be an error"),
      accepted: () => said(state.of.code === 202, "to be 202"), badRequest: () => said(state.of.code === 400, "to be 400"), unauthorized: () => said(state.of.code === 401, "to be 401"),
      forbidden: () => said(state.of.code === 403, "to be 403"), notFound: () => said(state.of.code === 404, "to be 404"), rateLimited: () => said(state.of.code === 429, "to be 429"),
    };
    const words = ["to", "be", "been", "is", "that", "which", "and", "has", "have", "with", "at", "of", "same", "but", "does", "still", "also"];
    const callable = { a: typed, an: typed, include: includes, includes, contain: includes, contains: includes, length: sized };
    const chain = new Proxy(function () {}, {
      get: (_, name) => {
        if (typeof name === "symbol" || name === "then") { return undefined; }
        if (words.includes(name)) { return chain; }
        if (name === "not") { state.not = !state.not; return chain; }
        if (name === "deep" || name === "nested" || name === "any") { state[name] = true; return chain; }
        if (name === "all" || name === "own" || name === "ordered") { return chain; }
        if (name in callable) {
          if (name === "length") { state.length = true; }
          if (name.startsWith("include") || name.startsWith("contain")) { state.contains = true; }
          return new Proxy(callable[name], { get: (_target, next) => chain[next], apply: (target, _self, args) => target(...args) });
        }
        if (name in methods) { return methods[name]; }
        if (name in flags) { return flags[name](); }
        return refuse(`expect(…).${name}`);
      },
    });
    return chain;
  };
  expect.fail = (message) => { throw new AssertionError(message || "expect.fail"); };

  const fields = (list) => ({
    get: (name) => { const found = list.find(([key]) => key.toLowerCase() === String(name).toLowerCase()); return found ? found[1] : undefined; },
    has: (name) => list.some(([key]) => key.toLowerCase() === String(name).toLowerCase()),
    toObject: () => Object.fromEntries(list), each: (act) => list.forEach(([key, value]) => act({ key, value })),
    all: () => list.map(([key, value]) => ({ key, value })),
    add: ({ key, value }) => { done.headers = (done.headers || []).concat([[key, String(value)]]); }, upsert: ({ key, value }) => { done.headers = (done.headers || []).concat([[key, String(value)]]); },
    remove: () => refuse("pm.request.headers.remove"),
  });
  const guard = (target, name) => new Proxy(target, { get: (held, key) => typeof key === "symbol" || key in held ? held[key] : refuse(`${name}.${key}`) });
  const pm = {
    test: (name, body) => {
      const before = done.unsupported.length;
      try {
        if (body.length > 0) { refuse("pm.test with a callback"); }
        const result = body();
        if (result && typeof result.then === "function") { refuse("pm.test with a promise"); }
        done.checks.push({ name, passed: true, actual: "" });
      } catch (error) {
        if (done.unsupported.length > before) { done.checks.push({ name, unsupported: done.unsupported[before] }); }
        else { done.checks.push({ name, passed: false, actual: String(error && error.message || error) }); }
      }
      return pm;
    },
    expect, environment: variables("environment"), globals: variables("globals"), variables: variables("variables"), collectionVariables: variables("collectionVariables"),
    info: { eventName: input.event, iteration: 0, iterationCount: 1, requestName: input.name },
    request: guard({ method: input.request.method, url: Object.assign(new String(input.request.url), { toString: () => input.request.url, getPath: () => input.request.path }), headers: fields(input.request.headers), body: { raw: input.request.body, toString: () => input.request.body } }, "pm.request"),
    sendRequest: () => refuse("pm.sendRequest"),
  };
  pm.test.skip = (name) => { done.checks.push({ name, unsupported: "pm.test.skip" }); };
  if (input.response) {
    const answer = {
      __response: true, code: input.response.status, status: input.response.reason, responseTime: input.response.time, responseSize: input.response.body.length,
      headers: fields(input.response.headers), text: () => input.response.body, json: () => JSON.parse(input.response.body), reason: () => input.response.reason,
    };
    for (const name of ["to", "not"]) { Object.defineProperty(answer, name, { get: () => expect(answer)[name] }); }
    pm.response = guard(answer, "pm.response");
    globalThis.responseBody = input.response.body;
    globalThis.responseCode = { code: input.response.status, name: input.response.reason };
    globalThis.responseTime = input.response.time;
    globalThis.responseHeaders = Object.fromEntries(input.response.headers);
  }
  globalThis.pm = guard(pm, "pm");
  globalThis.environment = input.variables;
  globalThis.tests = new Proxy({}, { set: (_, name, value) => { done.checks.push({ name: String(name), passed: !!value, actual: show(value) }); return true; } });
  globalThis.postman = guard({
    setEnvironmentVariable: pm.environment.set, getEnvironmentVariable: pm.environment.get, setGlobalVariable: pm.globals.set, getGlobalVariable: pm.globals.get,
    clearEnvironmentVariable: pm.environment.unset, clearGlobalVariable: pm.globals.unset, getResponseHeader: (name) => fields(input.response ? input.response.headers : []).get(name),
  }, "postman");
  globalThis.require = (name) => refuse(`require("${name}")`);
})
