// Search or jump to: pages, workflows, runs and tables by name.
import { useEffect, useId, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { useQuery } from '@/api';
import { Foreign, Icon, Status } from '@/components';
import { entries, existing } from '@/pages';
import { href, navigate } from '@/router';
import { ranked, type Found } from './palette';

const PAUSE = 120;

export function Palette({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState('');
  const wanted = useLater(text.trim());
  const box = useRef<HTMLDialogElement>(null);
  const id = useId();
  const [at, setAt] = useState(0);
  const { found, statuses } = useFound(text.trim(), wanted);
  const current = Math.min(at, Math.max(0, found.length - 1));
  useEffect(() => {
    const element = box.current;
    const before = document.activeElement;
    element?.showModal();
    return () => {
      element?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  const go = (one: Found | undefined) => {
    if (!one) return;
    onClose();
    navigate(one.to);
  };
  const onKey = (event: KeyboardEvent) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by !== undefined && found.length) setAt((current + by + found.length) % found.length);
    else if (event.key === 'Enter') go(found[current]);
    else return;
    event.preventDefault();
  };
  return (
    <dialog
      ref={box}
      className="dialog palette"
      aria-label="Search or jump to"
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onPointerDown={(event) => event.target === box.current && onClose()}
    >
      <label className="search palette__field">
        <Icon name="search" />
        <input
          autoFocus
          role="combobox"
          aria-label="Search or jump to"
          aria-expanded={found.length > 0}
          aria-controls={id}
          aria-activedescendant={found.length ? `${id}-${current}` : undefined}
          placeholder="A page, a workflow, a run, a table"
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setAt(0);
          }}
          onKeyDown={onKey}
        />
      </label>
      <ul className="palette__list" id={id} role="listbox" aria-label="What was found">
        {found.map((one, i) => (
          <li
            key={`${one.kind} ${one.to}`}
            id={`${id}-${i}`}
            role="option"
            aria-selected={i === current}
            ref={i === current ? (element) => element?.scrollIntoView({ block: 'nearest' }) : undefined}
            onPointerMove={() => setAt(i)}
            onClick={() => go(one)}
          >
            <span className="ink-3">{one.kind}</span>
            <span className="ellipsis">
              <Foreign>{one.text}</Foreign>
            </span>
            <span className="ink-3">
              {statuses.has(one.to) ? <Status status={statuses.get(one.to) ?? ''} /> : one.note}
            </span>
          </li>
        ))}
      </ul>
      {found.length === 0 && (
        <p className="palette__nothing ink-3">
          {wanted === text.trim() ? 'Nothing has that in its name.' : 'Looking…'}
        </p>
      )}
    </dialog>
  );
}

function useLater(text: string): string {
  const [later, setLater] = useState(text);
  useEffect(() => {
    const timer = window.setTimeout(() => setLater(text), PAUSE);
    return () => window.clearTimeout(timer);
  }, [text]);
  return later;
}

/** Names that are known at once, and runs that the daemon finds. */
function useFound(text: string, wanted: string): { found: Found[]; statuses: ReadonlyMap<string, string> } {
  const workflows = useQuery('/api/v1/workflows', { query: { limit: 1000 } });
  const runs = useQuery('/api/v1/runs', { query: { limit: 8, ...(wanted ? { q: wanted } : {}) } });
  const tables = useQuery('/api/v1/tables', wanted ? { query: { limit: 1000 } } : null);
  return useMemo(() => {
    const known: Found[] = [
      ...entries.map((page): Found => ({ kind: 'Page', text: page.nav?.text ?? '', to: page.path })),
      ...(workflows.data?.items ?? []).map((one): Found => ({
        kind: 'Workflow',
        text: one.name,
        ...(one.description ? { note: one.description } : {}),
        to: href('/workflows/:name', { name: one.name }),
      })),
      ...(tables.data?.items ?? []).flatMap((one) =>
        one.tables.map((table): Found => ({
          kind: 'Table',
          text: table.uri,
          note: one.workflow,
          to: href('/data/:name', { name: one.workflow }, { table: table.uri }),
        })),
      ),
    ];
    const items = runs.data?.items ?? [];
    const to = (run: (typeof items)[number]) =>
      href('/runs/:workflow/:name', { workflow: run.workflow, name: run.name });
    const found = [
      ...ranked(known, text, text ? 12 : 6),
      // The daemon looked into names, errors and causes: what it found is shown as it came.
      ...items.map((run): Found => ({ kind: 'Run', text: `${run.workflow} ${run.name}`, to: to(run) })),
    ].filter((one) => existing(one.to) !== undefined);
    return { found, statuses: new Map(items.map((run) => [to(run), run.status])) };
  }, [text, workflows.data, runs.data, tables.data]);
}
