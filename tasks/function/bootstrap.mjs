// Serves one function, as the Node runtime of AWS Lambda would.
//
// Descriptor 3 is the stream to the task host, as channel.py tells. Between two calls this process
// stands still in a read, as one on Lambda is frozen: what a handler left running goes on with the
// next call.
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";
import { types } from "node:util";
import { pathToFileURL } from "node:url";

const CHANNEL = 3;
const TASK_ROOT = "/var/task"; // where the code seems to be, as on AWS
const INIT_MS_MAX = 10_000; // of loading the code, which does not count as the call's
const CHUNK = 1 << 20;

const [folder, handlerName] = process.argv.slice(1);
let call = null; // the one that is not answered yet
let handler = null;

function readExactly(count) {
  const bytes = Buffer.alloc(count);
  for (let at = 0; at < count; ) {
    const got = fs.readSync(CHANNEL, bytes, at, Math.min(count - at, CHUNK), null);
    if (got === 0) process.exit(0);
    at += got;
  }
  return bytes;
}

function receive() {
  const lengths = readExactly(8);
  const header = JSON.parse(readExactly(lengths.readUInt32LE(0)));
  return [header, readExactly(lengths.readUInt32LE(4)).toString()];
}

function send(header, text) {
  const head = Buffer.from(JSON.stringify(header));
  const body = Buffer.from(text);
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32LE(head.length, 0);
  lengths.writeUInt32LE(body.length, 4);
  const message = Buffer.concat([lengths, head, body]);
  for (let at = 0; at < message.length; ) at += fs.writeSync(CHANNEL, message, at);
}

/** A failure of the function as a whole, with the name that the runtime gives it. */
class Fault extends Error {
  constructor(kind, message, cause) {
    super(message);
    this.name = kind;
    this.stack = cause?.stack ?? `${kind}: ${message}`;
  }
}

const isOurs = (line) => line.includes("[eval1]") || line.includes("node:internal");
const shown = (text) => text.replaceAll(pathToFileURL(folder).href + "/", `file://${TASK_ROOT}/`).replaceAll(folder + path.sep, TASK_ROOT + "/");

function described(error) {
  if (!types.isNativeError(error) && !(error instanceof Error)) {
    return { errorType: typeof error, errorMessage: String(error), trace: [] };
  }
  const trace = shown(error.stack ?? "").split("\n").filter((line) => !isOurs(line));
  return { errorType: error.name, errorMessage: shown(error.message), trace };
}

function isError(value) {
  return types.isNativeError(value) || value instanceof Error;
}

function answerError(error) {
  if (call === null) return;
  call = null;
  const body = described(error);
  send({ kind: "error", type: body.errorType }, JSON.stringify(body));
}

function answerResult(value) {
  if (call === null) return;
  let text;
  try {
    text = JSON.stringify(value === undefined ? null : value);
  } catch {
    return answerError(new Error("Unable to stringify response body"));
  }
  // A function or a symbol has no JSON.
  if (text === undefined) text = "null";
  call = null;
  send({ kind: "result", bytes: Buffer.byteLength(text) }, text);
}

/** The module's file: what it was named, with the ending that is there. */
function moduleFile(module) {
  return [".js", ".mjs", ".cjs"].map((end) => path.resolve(folder, module + end)).find((file) => fs.existsSync(file));
}

async function load() {
  const dot = handlerName.lastIndexOf(".");
  const [module, name] = [handlerName.slice(0, dot), handlerName.slice(dot + 1)];
  const file = moduleFile(module);
  let loaded;
  try {
    loaded = file.endsWith(".js") ? await loadPlain(file) : await import(pathToFileURL(file));
  } catch (error) {
    if (error instanceof SyntaxError) throw new Fault("Runtime.UserCodeSyntaxError", `SyntaxError: ${error.message}`, error);
    if (/^(ERR_)?MODULE_NOT_FOUND$/.test(error?.code ?? "")) throw new Fault("Runtime.ImportModuleError", `Error: ${error.message}`, error);
    throw error;
  }
  const found = loaded[name] ?? loaded.default?.[name];
  if (found === undefined) throw new Fault("Runtime.HandlerNotFound", `${handlerName} is undefined or not exported`);
  if (typeof found !== "function") throw new Fault("Runtime.HandlerNotFound", `${handlerName} is not a function`);
  return found;
}

/** A .js file is CommonJS, unless a package.json says otherwise or it has to be a module. */
async function loadPlain(file) {
  try {
    return createRequire(file)(file);
  } catch (error) {
    const isModule = error?.code === "ERR_REQUIRE_ESM";
    if (!isModule) throw error;
    return import(pathToFileURL(file));
  }
}

function makeContext(header) {
  return {
    functionName: header.function_name,
    functionVersion: header.function_version,
    invokedFunctionArn: header.function_arn,
    memoryLimitInMB: header.memory_mb,
    awsRequestId: header.request_id,
    logGroupName: "/aws/lambda/" + header.function_name,
    logStreamName: header.log_stream,
    identity: undefined,
    clientContext: header.client_context,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, header.deadline_ms - Date.now()),
    done: (error, value) => settle(error, value),
    fail: (error) => settle(error ?? "handled"),
    succeed: (value) => settle(null, value),
  };
}

function settle(error, value) {
  if (error !== null && error !== undefined) answerError(isError(error) ? error : new Error(String(error)));
  else answerResult(value);
}

/** Calls the handler. Its answer comes by its promise, or by its callback. */
function invoke(event, context) {
  let waiting = null; // what the callback gave, where the event loop is to run empty before
  process.removeAllListeners("beforeExit");
  process.on("beforeExit", () => {
    if (waiting !== null) settle(...waiting);
    else answerResult(null); // nobody can answer any more
    setImmediate(serve);
  });
  const callback = (error, value) => {
    if (call === null || waiting !== null) return;
    if (context.callbackWaitsForEmptyEventLoop) {
      waiting = [error, value];
      return;
    }
    settle(error, value);
    setImmediate(serve);
  };
  const given = handler(event, context, callback);
  if (typeof given?.then !== "function") return; // its callback answers, or nobody
  given.then(answerResult, answerError).then(() => setImmediate(serve));
}

let isServing = false;

async function serve() {
  if (isServing || call !== null) return;
  isServing = true;
  const [header, body] = receive();
  call = header;
  try {
    if (handler === null) {
      const begun = Date.now();
      handler = await load();
      send({ kind: "loaded" }, "");
      header.deadline_ms += Math.min(INIT_MS_MAX, Date.now() - begun);
    }
    isServing = false;
    invoke(JSON.parse(body), makeContext(header));
  } catch (error) {
    isServing = false;
    answerError(error);
    setImmediate(serve);
  }
}

/** What nobody catches ends the process, after its error has been told. */
function endWith(error) {
  const isAnswered = call === null;
  console.error(error);
  answerError(error);
  process.exit(isAnswered ? 1 : 129);
}

process.on("uncaughtException", endWith);
process.on("unhandledRejection", (reason) => endWith(new Fault("Runtime.UnhandledPromiseRejection", String(reason), reason)));
serve();
