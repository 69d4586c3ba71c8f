// JSON as it stands in the text: order, repeated keys and every digit of a number stay.

export type Node =
  | { kind: 'object'; members: { key: string; value: Node }[] }
  | { kind: 'array'; items: Node[] }
  | { kind: 'string'; text: string }
  /** The digits as they were written: 12345678901234567890 is not a JavaScript number. */
  | { kind: 'number'; text: string }
  | { kind: 'literal'; text: 'true' | 'false' | 'null' };

const TOKEN =
  /[\s]*(?:([{}[\],:])|("(?:[^"\\]|\\.)*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false|null))/y;
const DEPTH_MAX = 1000;

class Reader {
  private place = 0;
  private token = '';
  constructor(private readonly text: string) {
    this.next();
  }
  value(depth: number): Node {
    if (depth > DEPTH_MAX) throw new SyntaxError('nested too deeply');
    const token = this.token;
    this.next();
    if (token === '{') return { kind: 'object', members: this.list('}', () => this.member(depth)) };
    if (token === '[') return { kind: 'array', items: this.list(']', () => this.value(depth + 1)) };
    if (token.startsWith('"')) return { kind: 'string', text: JSON.parse(token) as string };
    if (/^-?\d/.test(token)) return { kind: 'number', text: token };
    if (token === 'true' || token === 'false' || token === 'null') return { kind: 'literal', text: token };
    throw new SyntaxError(`expected a value, but got '${token}'`);
  }
  end(): void {
    if (this.token !== '') throw new SyntaxError(`expected the end, but got '${this.token}'`);
  }
  private member(depth: number): { key: string; value: Node } {
    const key = JSON.parse(this.token) as string;
    this.next();
    this.take(':');
    return { key, value: this.value(depth + 1) };
  }
  private list<T>(close: string, read: () => T): T[] {
    const found: T[] = [];
    if (this.token !== close) {
      found.push(read());
      while (this.token === ',') {
        this.next();
        found.push(read());
      }
    }
    this.take(close);
    return found;
  }
  private take(wanted: string): void {
    if (this.token !== wanted) throw new SyntaxError(`expected '${wanted}', but got '${this.token}'`);
    this.next();
  }
  private next(): void {
    TOKEN.lastIndex = this.place;
    const found = TOKEN.exec(this.text);
    if (!found) {
      if (this.text.slice(this.place).trim()) throw new SyntaxError('expected JSON');
      this.token = '';
      return;
    }
    this.place = TOKEN.lastIndex;
    this.token = found[1] ?? found[2] ?? found[3] ?? found[4] ?? '';
  }
}

/** The tree of a JSON text; nothing where it is none. */
export function parseJson(text: string): Node | undefined {
  try {
    const reader = new Reader(text);
    const node = reader.value(0);
    reader.end();
    return node;
  } catch {
    return undefined;
  }
}

/** On one line, as it would be copied. */
export function printJson(node: Node, indent = '', start = ''): string {
  const inner = start + indent;
  const [open, close] = indent ? [`\n${inner}`, `\n${start}`] : ['', ''];
  const between = indent ? `,\n${inner}` : ',';
  switch (node.kind) {
    case 'object': {
      if (node.members.length === 0) return '{}';
      const colon = indent ? ': ' : ':';
      const all = node.members.map((m) => JSON.stringify(m.key) + colon + printJson(m.value, indent, inner));
      return `{${open}${all.join(between)}${close}}`;
    }
    case 'array': {
      if (node.items.length === 0) return '[]';
      return `[${open}${node.items.map((item) => printJson(item, indent, inner)).join(between)}${close}]`;
    }
    case 'string':
      return JSON.stringify(node.text);
    default:
      return node.text;
  }
}

export const sizeOf = (node: Node): number =>
  node.kind === 'object' ? node.members.length : node.kind === 'array' ? node.items.length : 0;
