import { useMemo, useState, type ReactNode } from 'react';
import { Button } from '../Button';
import { Icon } from '../Icon';
import { Menu } from '../Menu';
import { SearchField } from '../SearchField';
import { formatBytes, formatCount, visible } from '@/formats';
import './json.css';
import { parseJson, printJson, sizeOf, type Node } from './parse';
import {
  foldedAtFirst,
  foldsOver,
  hitsOf,
  jsonataPath,
  jsonPath,
  linesOf,
  pathKey,
  type Line,
  type Path,
} from './lines';

interface JsonViewProps {
  /** JSON text; what is none is shown as it is. */
  text: string;
  label: string;
  /** What stands before paths that are copied for JSONata: `$states.input`. */
  base?: string;
}

const LINES_MAX = 2_000;

/** A value as a tree: folds, search, and the path of the place that was pressed, to copy. */
export function JsonView({ text, label, base = '$' }: JsonViewProps) {
  const root = useMemo(() => parseJson(text), [text]);
  if (!root)
    return (
      <pre className="json json--raw" aria-label={label} tabIndex={0}>
        {visible(text)}
      </pre>
    );
  return <Tree key={text} root={root} size={text.length} label={label} base={base} />;
}

function Tree({ root, size, label, base }: { root: Node; size: number; label: string; base: string }) {
  const [folded, setFolded] = useState(() => foldedAtFirst(root));
  const [place, setPlace] = useState<Path>([]);
  const [isSearching, setSearching] = useState(false);
  const [wanted, setWanted] = useState('');
  const [current, setCurrent] = useState(0);
  const hits = useMemo(() => hitsOf(root, wanted), [root, wanted]);
  const hit = hits[current % Math.max(1, hits.length)];
  const open = useMemo(() => {
    const closed = new Set(folded);
    if (hit) for (const key of foldsOver(hit.path)) closed.delete(key);
    return closed;
  }, [folded, hit]);
  const lines = useMemo(() => linesOf(root, open), [root, open]);
  const toggle = (line: Line) => {
    const key = pathKey(line.path);
    setFolded((old) => {
      const next = new Set(old);
      if (!next.delete(key)) next.add(key);
      return next;
    });
  };
  const value = at(root, place);
  return (
    <div className="jsonview">
      <div className="json-bar">
        <code className="bidi">{visible(jsonPath(place))}</code>
        <span className="tools">
          <Button
            small
            kind="quiet"
            icon="search"
            label="Search in this value"
            aria-pressed={isSearching}
            onClick={() => setSearching(!isSearching)}
          />
          <Menu
            label="Copy"
            className="btn btn--quiet btn--icon btn--sm"
            button={<Icon name="copy" />}
            items={[
              { text: 'Value', act: () => copy(value ? printJson(value, '  ') : '') },
              { text: 'Path (JSONPath)', act: () => copy(jsonPath(place)) },
              { text: 'Path (JSONata)', act: () => copy(jsonataPath(place, base)) },
            ]}
          />
        </span>
      </div>
      {isSearching && (
        <SearchField
          isWide
          autoFocus
          label="Search in this value"
          placeholder=""
          value={wanted}
          onChange={(text) => {
            setWanted(text);
            setCurrent(0);
          }}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && hits.length)
              setCurrent((current + (event.shiftKey ? hits.length - 1 : 1)) % hits.length);
            if (event.key === 'Escape') setSearching(false);
          }}
        >
          <span className="ink-3">
            {wanted && (hits.length ? `${current + 1} of ${hits.length}` : 'nothing')}
          </span>
        </SearchField>
      )}
      <div className="json" tabIndex={0} role="group" aria-label={`${label}, ${formatBytes(size)}`}>
        {lines.slice(0, LINES_MAX).map((line, i) => (
          <Row
            key={i}
            line={line}
            isPlace={pathKey(line.path) === pathKey(place)}
            hit={isSearching ? wanted : ''}
            isHit={hit !== undefined && line.show !== 'close' && pathKey(line.path) === pathKey(hit.path)}
            choose={() => setPlace(line.path)}
            toggle={() => toggle(line)}
          />
        ))}
        {lines.length > LINES_MAX && (
          <div className="ink-3">
            {formatCount(lines.length - LINES_MAX, 'more line')}: fold what is above
          </div>
        )}
      </div>
    </div>
  );
}

interface RowProps {
  line: Line;
  hit: string;
  isPlace: boolean;
  isHit: boolean;
  choose: () => void;
  toggle: () => void;
}

function Row({ line, hit, isPlace, isHit, choose, toggle }: RowProps) {
  const { node, show, depth } = line;
  const canFold = show === 'open' || show === 'folded';
  return (
    <div
      style={{ '--i': depth } as React.CSSProperties}
      className={[isPlace ? 'is-place' : '', isHit ? 'is-hit' : ''].filter(Boolean).join(' ') || undefined}
      onClick={choose}
      ref={isHit ? (element) => element?.scrollIntoView({ block: 'nearest' }) : undefined}
    >
      {canFold && (
        <button
          type="button"
          className="gut"
          aria-expanded={show === 'open'}
          aria-label={show === 'open' ? 'Fold' : 'Unfold'}
          onClick={toggle}
        >
          <Icon name={show === 'open' ? 'chev-d' : 'chev-r'} size="xs" />
        </button>
      )}
      {line.key !== undefined && show !== 'close' && (
        <>
          <span className="k">{marked(JSON.stringify(line.key), hit)}</span>
          {': '}
        </>
      )}
      {content(node, show, hit, toggle)}
      {!line.isLast && show !== 'open' && ','}
    </div>
  );
}

function content(node: Node, show: Line['show'], hit: string, toggle: () => void): ReactNode {
  const [open, close] = node.kind === 'array' ? ['[', ']'] : ['{', '}'];
  if (show === 'open') return open;
  if (show === 'close') return close;
  if (show === 'folded') {
    const count =
      node.kind === 'array' ? formatCount(sizeOf(node), 'item') : formatCount(sizeOf(node), 'key');
    return (
      <>
        {open}{' '}
        <button type="button" className="fold" onClick={toggle}>
          {count}
        </button>{' '}
        {close}
      </>
    );
  }
  if (show === 'short') return short(node, hit);
  return scalar(node, hit);
}

function short(node: Node, hit: string): ReactNode {
  if (node.kind === 'array') {
    return (
      <>
        [
        {node.items.map((item, i) => (
          <span key={i}>
            {i > 0 && ', '}
            {short(item, hit)}
          </span>
        ))}
        ]
      </>
    );
  }
  if (node.kind === 'object') {
    return (
      <>
        {'{'}
        {node.members.map((m, i) => (
          <span key={i}>
            {i > 0 && ', '}
            <span className="k">{marked(JSON.stringify(m.key), hit)}</span>: {short(m.value, hit)}
          </span>
        ))}
        {'}'}
      </>
    );
  }
  return scalar(node, hit);
}

function scalar(node: Node, hit: string): ReactNode {
  if (node.kind === 'string') return <span className="s">{marked(JSON.stringify(node.text), hit)}</span>;
  if (node.kind === 'number') return <span className="n">{marked(node.text, hit)}</span>;
  return <span className="l">{'text' in node ? marked(node.text, hit) : ''}</span>;
}

/** The text with what was searched for marked. */
export function marked(text: string, wanted: string): ReactNode {
  const shown = visible(text);
  if (!wanted) return shown;
  const parts: ReactNode[] = [];
  const lower = shown.toLowerCase();
  let from = 0;
  for (
    let at = lower.indexOf(wanted.toLowerCase());
    at >= 0;
    at = lower.indexOf(wanted.toLowerCase(), from)
  ) {
    parts.push(shown.slice(from, at), <mark key={at}>{shown.slice(at, at + wanted.length)}</mark>);
    from = at + wanted.length;
  }
  return parts.length ? [...parts, shown.slice(from)] : shown;
}

function at(root: Node, path: Path): Node | undefined {
  return path.reduce<Node | undefined>((node, part) => {
    if (node?.kind === 'object') return node.members.find((m) => m.key === part)?.value;
    if (node?.kind === 'array' && typeof part === 'number') return node.items[part];
    return undefined;
  }, root);
}

const copy = (text: string) => void navigator.clipboard.writeText(text);
