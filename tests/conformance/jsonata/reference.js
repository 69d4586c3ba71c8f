// Answers JSON lines as jsonata_eval does, by the reference: reference.js FILE, its jsonata.js.
const path = require('path');
const readline = require('readline');

const jsonata = require(path.resolve(process.argv[2]));
const DEPTH_MAX = 400;

// What JSON cannot say of an answer.
function plain(value) {
    if (typeof value === 'function' || (value && (value._jsonata_lambda || value._jsonata_function))) return {function: true};
    const text = JSON.stringify(value, (key, part) => (typeof part === 'function' || (part && (part._jsonata_lambda || part._jsonata_function)) ? undefined : part));
    return {result: text === undefined ? null : JSON.parse(text)};
}

function bounded(expression, ms) {
    const begun = Date.now();
    let depth = 0;
    const check = () => {
        if (depth > DEPTH_MAX || Date.now() - begun > ms) {
            throw {code: 'U1001', message: depth > DEPTH_MAX ? 'Stack overflow error' : 'Expression evaluation timeout'};
        }
    };
    const exit = Symbol.for('jsonata.__evaluate_exit');
    const entry = Symbol.for('jsonata.__evaluate_entry');
    expression.assign(entry, () => { depth++; check(); });
    expression.assign(exit, () => { depth--; check(); });
}

// The library's functions keep from where they were called last, and say so in the errors of others.
const NAMES = ('sum count max min average string substring substringBefore substringAfter lowercase uppercase length trim pad match contains replace split join formatNumber formatBase ' +
    'formatInteger parseInteger number floor ceil round abs sqrt power boolean not map zip filter single reduce sift keys lookup append exists spread merge reverse each error assert type ' +
    'sort shuffle distinct base64encode base64decode encodeUrlComponent encodeUrl decodeUrlComponent decodeUrl eval toMillis fromMillis clone').split(' ');
let natives;

async function forget() {
    natives = natives || await Promise.all(NAMES.map((name) => jsonata('$' + name).evaluate()));
    for (const native of natives) {
        if (!native) continue;
        delete native.token;
        delete native.position;
    }
}

async function answer(request) {
    await forget();
    try {
        const expression = jsonata(request.expr);
        bounded(expression, request.timelimit || 2000);
        const value = await expression.evaluate(request.data, request.bindings);
        return value === undefined ? {undefined: true} : plain(value);
    } catch (error) {
        if (!error.code) return {broken: String(error && error.stack || error)};
        return {code: error.code, token: error.token, position: error.position, message: error.message};
    }
}

(async () => {
    for await (const line of readline.createInterface({input: process.stdin})) {
        process.stdout.write(JSON.stringify(await answer(JSON.parse(line))) + '\n');
    }
})();
