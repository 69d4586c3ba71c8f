import { useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { Link } from '@/router';
import { Icon } from './Icon';
import { px } from './px';

export interface Column<R> {
  id: string;
  head: ReactNode;
  cell: (row: R) => ReactNode;
  /** Right-aligned figures. */
  isNumber?: boolean;
  /** Takes the room that is left. */
  isWide?: boolean;
  /** Where a press on the head leads, and how the rows are sorted by it now. */
  sort?: { to: string; direction: 'ascending' | 'descending' | undefined };
}

export interface TableProps<R> {
  label: string;
  columns: readonly Column<R>[];
  rows: readonly R[];
  rowKey: (row: R) => string;
  /** A second line: the cause of a row that failed. A row that is well has none. */
  why?: (row: R) => ReactNode | undefined;
  /** The column under which the second line begins; else the first one. */
  whyUnder?: string;
  onOpen?: (row: R) => void;
  isChosen?: (row: R) => boolean;
  /** Where pages come one by one: called when the end is near. */
  onEnd?: () => void;
  tight?: boolean;
}

const ROW = 34;
const WHY = 25;
const AHEAD = 800;

/**
 * A table whose rows stand in the page and are drawn only near the screen. One tab stop: J, K and the arrows move,
 * Enter opens. With a second line a row is 59 px high until it is measured.
 */
export function Table<R>(props: TableProps<R>) {
  const { label, columns, rows, rowKey, why, onOpen, onEnd, tight } = props;
  const root = useRef<HTMLTableElement>(null);
  const [focus, setFocus] = useState(0);
  const shown = useShownRows(root, rows.length, (i) => heightOf(rows[i], why));
  const move = (to: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, to));
    setFocus(next);
    requestAnimationFrame(() => root.current?.querySelector<HTMLElement>(`[data-row="${next}"]`)?.focus());
  };
  const onKey = (event: KeyboardEvent) => {
    if (!(event.target instanceof HTMLTableRowElement) || event.ctrlKey || event.metaKey || event.altKey)
      return;
    const row = rows[focus];
    const steps: Record<string, number> = {
      ArrowDown: 1,
      j: 1,
      ArrowUp: -1,
      k: -1,
      PageDown: 20,
      PageUp: -20,
    };
    if (event.key in steps) move(focus + (steps[event.key] ?? 0));
    else if (event.key === 'Home') move(0);
    else if (event.key === 'End') move(rows.length - 1);
    else if (event.key === 'Enter' && row !== undefined) onOpen?.(row);
    else return;
    event.preventDefault();
  };
  return (
    <div className="scroll-x">
      <table
        ref={root}
        className={`table${tight ? ' table--tight' : ''}`}
        aria-label={label}
        aria-rowcount={rows.length + 1}
        onKeyDown={onKey}
      >
        <thead>
          <tr>
            {columns.map((column) => (
              <Head key={column.id} column={column} />
            ))}
          </tr>
        </thead>
        <tbody>
          <Gap height={shown.above} columns={columns.length} />
          {rows.slice(shown.from, shown.to).map((row, i) => {
            const at = shown.from + i;
            return (
              <Rows
                key={rowKey(row)}
                {...props}
                row={row}
                at={at}
                isFocus={at === focus || (i === 0 && (focus < shown.from || focus >= shown.to))}
                onFocus={() => setFocus(at)}
              />
            );
          })}
          <Gap height={shown.below} columns={columns.length} />
        </tbody>
      </table>
      {onEnd && <EndMark rows={rows} onEnd={onEnd} />}
    </div>
  );
}

/** Tells that the end of the rows is near the screen: once for those that there are. */
function EndMark({ rows, onEnd }: { rows: readonly unknown[]; onEnd: () => void }) {
  const mark = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = mark.current;
    if (!element || rows.length === 0) return;
    const look = (seen: IntersectionObserverEntry[]) => {
      if (seen.some((one) => one.isIntersecting)) onEnd();
    };
    const observer = new IntersectionObserver(look, { rootMargin: `${AHEAD}px 0px` });
    observer.observe(element);
    return () => observer.disconnect();
  }, [rows, onEnd]);
  return <div ref={mark} aria-hidden="true" />;
}

function Head<R>({ column }: { column: Column<R> }) {
  const { sort } = column;
  return (
    <th
      scope="col"
      className={[column.isNumber ? 'num' : '', column.isWide ? 'wide' : '', sort?.direction ? 'sorted' : '']
        .filter(Boolean)
        .join(' ')}
      aria-sort={sort?.direction}
    >
      {sort ? <Link to={sort.to}>{column.head}</Link> : column.head}
      {sort?.direction && <Icon name={sort.direction === 'ascending' ? 'chev-u' : 'chev-d'} size="xs" />}
    </th>
  );
}

interface RowsProps<R> extends TableProps<R> {
  row: R;
  at: number;
  isFocus: boolean;
  onFocus: () => void;
}

function Rows<R>({ row, at, columns, why, whyUnder, onOpen, isChosen, isFocus, onFocus }: RowsProps<R>) {
  const second = why?.(row);
  const chosen = isChosen?.(row);
  const before = Math.max(
    0,
    columns.findIndex((column) => column.id === whyUnder),
  );
  const open = (target: EventTarget) => {
    // A press on something in the row is that thing's; one that marks text is no press.
    if ((target as Element).closest('a, button, input') || window.getSelection()?.isCollapsed === false)
      return;
    onOpen?.(row);
  };
  return (
    <>
      <tr
        className={second ? 'has-why' : undefined}
        data-row={at}
        aria-rowindex={at + 2}
        aria-selected={chosen}
        tabIndex={isFocus ? 0 : -1}
        onFocus={onFocus}
        onClick={(event) => open(event.target)}
      >
        {columns.map((column) => (
          <td key={column.id} className={column.isNumber ? 'num' : column.isWide ? 'wide' : undefined}>
            {column.cell(row)}
          </td>
        ))}
      </tr>
      {second && (
        <tr className="why" onClick={(event) => open(event.target)}>
          {before > 0 && <td className="wide-only" colSpan={before} />}
          <td colSpan={columns.length - before}>{second}</td>
        </tr>
      )}
    </>
  );
}

function Gap({ height, columns }: { height: number; columns: number }) {
  if (height <= 0) return null;
  return (
    <tr aria-hidden="true">
      <td colSpan={columns} style={{ height: px(height), padding: 0 }} />
    </tr>
  );
}

const heightOf = <R,>(row: R | undefined, why: TableProps<R>['why']) =>
  row !== undefined && why?.(row) ? ROW + WHY : ROW;

interface Shown {
  from: number;
  to: number;
  above: number;
  below: number;
}

/** Which rows are near the screen. Under 200 all of them: then find-in-page finds. */
function useShownRows(
  root: React.RefObject<HTMLElement | null>,
  count: number,
  height: (row: number) => number,
): Shown {
  const [scroll, setScroll] = useState({ top: 0, screen: 1000 });
  useLayoutEffect(() => {
    if (count < 200) return;
    let frame = 0;
    const look = () => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => {
        const top = -(root.current?.getBoundingClientRect().top ?? 0);
        setScroll({ top: Math.round(top / 200) * 200, screen: window.innerHeight });
      });
    };
    look();
    window.addEventListener('scroll', look, { passive: true });
    window.addEventListener('resize', look);
    return () => {
      cancelAnimationFrame(frame);
      window.removeEventListener('scroll', look);
      window.removeEventListener('resize', look);
    };
  }, [root, count]);
  if (count < 200) return { from: 0, to: count, above: 0, below: 0 };
  return slice(count, height, scroll.top - AHEAD, scroll.top + scroll.screen + AHEAD);
}

/** The rows between two heights, and how much is above and below them. */
export function slice(count: number, height: (row: number) => number, top: number, bottom: number): Shown {
  let from = 0;
  let above = 0;
  while (from < count && above + height(from) < top) above += height(from++);
  let to = from;
  let end = above;
  while (to < count && end < bottom) end += height(to++);
  let below = 0;
  for (let i = to; i < count; ++i) below += height(i);
  return { from, to, above, below };
}
