// How long the reference takes for one expression: jsonata_speed.js FILE, its jsonata.js; asked as jsonata_bench is.
const path = require('path');

const jsonata = require(path.resolve(process.argv[2]));

(async () => {
    const request = JSON.parse(require('fs').readFileSync(0));
    const expression = jsonata(request.expr);
    let result = await expression.evaluate(request.data);
    const run = async (ms) => {
        const begun = process.hrtime.bigint();
        let count = 0;
        for (; process.hrtime.bigint() - begun < BigInt(ms) * 1000000n; count++) result = await expression.evaluate(request.data);
        return Number(process.hrtime.bigint() - begun) / 1000 / count;
    };
    await run(request.ms);  // until the compiler has done what it can
    const us = await run(request.ms);
    process.stdout.write(JSON.stringify({us, result: result === undefined ? null : JSON.parse(JSON.stringify(result))}));
})();
