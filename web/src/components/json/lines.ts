// What a JSON tree looks like, line by line.
import { printJson, sizeOf, type Node } from './parse';

/** Where a value is: keys and indexes from the root. */
export type Path = readonly (string | number)[];

export interface Line {
  path: Path;
  depth: number;
  /** The key before it, in an object. */
  key?: string | undefined;
  /** What the line shows: a whole value, or the brackets of one that goes on. */
  show: 'value' | 'short' | 'open' | 'close' | 'folded';
  node: Node;
  isLast: boolean;
}

export const pathKey = (path: Path): string => JSON.stringify(path);

const SHORT = 60;
const FOLD_ABOVE = 100;

const isContainer = (node: Node) => node.kind === 'object' || node.kind === 'array';

interface Child {
  value: Node;
  at: string | number;
}

function childrenOf(node: Node): Child[] {
  if (node.kind === 'object') return node.members.map((m) => ({ value: m.value, at: m.key }));
  if (node.kind === 'array') return node.items.map((value, at) => ({ value, at }));
  return [];
}

/** Objects and lists of plain values, in up to sixty characters. */
function isShort(node: Node): boolean {
  if (childrenOf(node).some(({ value }) => sizeOf(value) > 0)) return false;
  return sizeOf(node) === 0 || (sizeOf(node) <= 12 && printJson(node, '').length <= SHORT);
}

/** The lines; what is in `folded` is one line of its own. */
export function linesOf(root: Node, folded: ReadonlySet<string>): Line[] {
  const lines: Line[] = [];
  const add = (node: Node, path: Path, depth: number, key: string | undefined, isLast: boolean): void => {
    const line = (show: Line['show']) => lines.push({ path, depth, key, show, node, isLast });
    if (!isContainer(node)) line('value');
    else if (isShort(node)) line('short');
    else if (folded.has(pathKey(path))) line('folded');
    else {
      line('open');
      childrenOf(node).forEach(({ value, at }, i, all) =>
        add(value, [...path, at], depth + 1, typeof at === 'string' ? at : undefined, i === all.length - 1),
      );
      lines.push({ path, depth, show: 'close', node, isLast });
    }
  };
  add(root, [], 0, undefined, true);
  return lines;
}

function countLines(node: Node): number {
  if (!isContainer(node) || isShort(node)) return 1;
  return 2 + childrenOf(node).reduce((sum, { value }) => sum + countLines(value), 0);
}

/** What is folded at first: of more than a hundred lines, the largest parts below the root until it fits. */
export function foldedAtFirst(root: Node): Set<string> {
  const folded = new Set<string>();
  let total = countLines(root);
  let layer: { node: Node; path: Path }[] = [{ node: root, path: [] }];
  const layers: { path: Path; lines: number }[][] = [];
  while (layer.length && layers.length < 50) {
    const below = layer.flatMap(({ node, path }) =>
      childrenOf(node).map(({ value, at }) => ({ node: value, path: [...path, at] })),
    );
    layer = below.filter(({ node }) => isContainer(node) && !isShort(node));
    layers.push(layer.map(({ node, path }) => ({ path, lines: countLines(node) })));
  }
  // The deepest first, so that the outline stays.
  for (const rows of layers.reverse()) {
    if (total <= FOLD_ABOVE) break;
    for (const { path } of rows) folded.add(pathKey(path));
    total = linesOf(root, folded).length;
  }
  return folded;
}

const plainKey = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** `$.rows[0]['a b']` */
export function jsonPath(path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text + (plainKey.test(part) ? `.${part}` : `['${part.replace(/[\\']/g, (c) => `\\${c}`)}']`);
  }, '$');
}

/** The same for JSONata: `rows[0].'a b'`, below `base`. */
export function jsonataPath(path: Path, base = '$'): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return `${text}.${plainKey.test(part) ? part : `\`${part.replace(/`/g, '\\`')}\``}`;
  }, base);
}

export interface Hit {
  path: Path;
  /** In the key, or in the value. */
  where: 'key' | 'value';
}

/** Where the text stands, in keys and in plain values; capitals do not matter. */
export function hitsOf(root: Node, text: string): Hit[] {
  const wanted = text.toLowerCase();
  if (!wanted) return [];
  const hits: Hit[] = [];
  const look = (node: Node, path: Path): void => {
    if (node.kind === 'object') {
      for (const member of node.members) {
        const at = [...path, member.key];
        if (member.key.toLowerCase().includes(wanted)) hits.push({ path: at, where: 'key' });
        look(member.value, at);
      }
    } else if (node.kind === 'array') node.items.forEach((item, i) => look(item, [...path, i]));
    else if (node.text.toLowerCase().includes(wanted)) hits.push({ path, where: 'value' });
  };
  look(root, []);
  return hits;
}

/** The folds that are closed over a place. */
export function foldsOver(path: Path): string[] {
  return path.map((_, i) => pathKey(path.slice(0, i)));
}
