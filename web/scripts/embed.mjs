// Makes what the program holds of the dashboard: `node embed.mjs DIST OUT` writes OUT/assets.S, which takes in each
// file plain and compressed, and OUT/assets.cpp, the table of them. Runs give the same bytes.
import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const [dist, out] = process.argv.slice(2);
const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.md': 'text/plain; charset=utf-8',
  '.woff2': 'font/woff2',
};

// What workers are made of, which the bundler's list leaves out.
const WORKERS = ['elkjs'];
const modules = join(import.meta.dirname, '../node_modules');
for (const name of WORKERS) {
  const { version, license } = JSON.parse(readFileSync(join(modules, name, 'package.json'), 'utf8'));
  const text = readFileSync(join(modules, name, 'LICENSE.md'), 'utf8');
  appendFileSync(join(dist, 'licenses.md'), `\n## ${name} - ${version} (${license})\n\n${text}`);
}

const files = readdirSync(dist, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name).slice(dist.replace(/\/*$/, '').length))
  .filter((path) => !path.startsWith('/.vite/'))
  .sort();

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const forms = [];
const rows = [];
for (const [i, path] of files.entries()) {
  const type = types[extname(path)];
  if (!type) throw new Error(`expected a known type of file, but got ${path}`);
  const plain = readFileSync(join(dist, path));
  const views = { plain, gzip: zipped(plain), brotli: pressed(plain) };
  const names = Object.entries(views).map(([form, bytes]) => {
    // What saves less than a tenth is not worth it.
    if (form !== 'plain' && bytes.length > plain.length * 0.9) return '{}';
    const name = `web_asset_${i}_${form}`;
    writeFileSync(join(out, name), bytes);
    forms.push(name);
    return `view(${name}, ${name}_end)`;
  });
  const digest = createHash('sha256').update(plain).digest('hex').slice(0, 32);
  rows.push(
    `{${[path, type, digest].map((text) => JSON.stringify(text)).join(', ')}, ${path.startsWith('/assets/')}, ${names.join(', ')}}`,
  );
}

function zipped(bytes) {
  const zip = gzipSync(bytes, { level: 9 });
  zip[9] = 0xff; // the system that it was made on: unknown
  return zip;
}

function pressed(bytes) {
  return brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } });
}

writeFileSync(
  join(out, 'assets.S'),
  `.section .note.GNU-stack,"",@progbits\n.section .rodata\n${forms
    .map(
      (name) =>
        `.global ${name}\n.global ${name}_end\n${name}:\n.incbin "${join(out, name)}"\n${name}_end:\n.byte 0\n`,
    )
    .join('')}`,
);
writeFileSync(
  join(out, 'assets.cpp'),
  `// Made by web/scripts/embed.mjs.
#include <array>

#include "api/web/site.hpp"

extern "C" {
${forms.map((name) => `extern const char ${name}[];\nextern const char ${name}_end[];`).join('\n')}
}

namespace stepwell::api::web {
namespace {

std::string_view view(const char* begin, const char* end) {
    return {begin, static_cast<std::size_t>(end - begin)};
}

}  // namespace

std::span<const Asset> built_in_assets() {
    static const std::array<Asset, ${rows.length}> assets{{
        ${rows.join(',\n        ')},
    }};
    return assets;
}

}  // namespace stepwell::api::web
`,
);
