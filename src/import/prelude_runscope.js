// What scripts of Runscope tests can use: variables, request, response, log and chai's assert.
(function (input) {
  const done = { variables: {}, checks: [], log: [] };
  globalThis.__done = done;
  globalThis.variables = {
    get: (name) => (name in done.variables ? done.variables[name] : input.variables[name]),
    set: (name, value) => { done.variables[name] = value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value); },
  };
  globalThis.log = (...values) => { done.log.push(values.map((value) => typeof value === "string" ? value : JSON.stringify(value)).join(" ")); };
  globalThis.console = { log: globalThis.log, error: globalThis.log, warn: globalThis.log, info: globalThis.log };
  globalThis.request = input.request;
  globalThis.response = input.response;
  const equal = (a, b) => JSON.stringify(a) === JSON.stringify(b);
  const type = (value) => value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
  const holds = (ok, message, said) => {
    done.checks.push({ name: message === undefined ? said : String(message), passed: !!ok, actual: said });
    if (!ok) { throw new AssertionError(message === undefined ? said : String(message)); }
  };
  class AssertionError extends Error { constructor(message) { super(message); this.name = "AssertionError"; } }
  const show = (value) => value === undefined ? "undefined" : JSON.stringify(value);
  const assert = (value, message) => holds(value, message, `${show(value)} is truthy`);
  const binary = {
    equal: (a, b) => a == b, notEqual: (a, b) => a != b, strictEqual: (a, b) => a === b, notStrictEqual: (a, b) => a !== b,
    deepEqual: equal, notDeepEqual: (a, b) => !equal(a, b), isAbove: (a, b) => a > b, isAtLeast: (a, b) => a >= b,
    isBelow: (a, b) => a < b, isAtMost: (a, b) => a <= b, include: (a, b) => a.includes(b), notInclude: (a, b) => !a.includes(b),
    match: (a, b) => b.test(a), notMatch: (a, b) => !b.test(a), property: (a, b) => a != null && b in Object(a),
    notProperty: (a, b) => !(a != null && b in Object(a)), lengthOf: (a, b) => a.length === b, typeOf: (a, b) => type(a) === String(b).toLowerCase(),
    hasAllKeys: (a, b) => equal(Object.keys(a).sort(), [].concat(b).sort()), containsAllKeys: (a, b) => [].concat(b).every((key) => key in a),
    oneOf: (a, b) => b.includes(a),
  };
  const unary = {
    ok: (a) => !!a, isOk: (a) => !!a, notOk: (a) => !a, isNotOk: (a) => !a, isTrue: (a) => a === true, isFalse: (a) => a === false,
    isNotTrue: (a) => a !== true, isNotFalse: (a) => a !== false, isNull: (a) => a === null, isNotNull: (a) => a !== null,
    isUndefined: (a) => a === undefined, isDefined: (a) => a !== undefined, exists: (a) => a != null, notExists: (a) => a == null,
    isArray: (a) => Array.isArray(a), isNotArray: (a) => !Array.isArray(a), isString: (a) => typeof a === "string", isNotString: (a) => typeof a !== "string",
    isNumber: (a) => typeof a === "number", isNotNumber: (a) => typeof a !== "number", isBoolean: (a) => typeof a === "boolean",
    isObject: (a) => type(a) === "object", isFunction: (a) => typeof a === "function", isNaN: (a) => Number.isNaN(a),
    isEmpty: (a) => (typeof a === "string" || Array.isArray(a) ? a.length : Object.keys(a).length) === 0,
    isNotEmpty: (a) => (typeof a === "string" || Array.isArray(a) ? a.length : Object.keys(a).length) !== 0,
  };
  for (const [name, test] of Object.entries(binary)) { assert[name] = (a, b, message) => holds(test(a, b), message, `${show(a)} ${name} ${b instanceof RegExp ? b : show(b)}`); }
  for (const [name, test] of Object.entries(unary)) { assert[name] = (a, message) => holds(test(a), message, `${show(a)} ${name}`); }
  assert.fail = (message) => holds(false, message, "fail");
  globalThis.assert = assert;
})
