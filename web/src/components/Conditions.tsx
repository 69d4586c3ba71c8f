// What a page or a card shows in place of its data.
import { useEffect, useState, type ReactNode } from 'react';
import type { ApiError, Query } from '@/api';
import { Button } from './Button';
import { Icon } from './Icon';
import type { IconName } from './icons';

interface NoteProps {
  icon?: IconName;
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
}

/** A place without data: what would be here, and the one thing to do next. */
export function Note({ icon, title, children, actions }: NoteProps) {
  return (
    <div className="note">
      {icon && <Icon name={icon} size="lg" />}
      <h2>{title}</h2>
      {children}
      {actions && <div className="filters">{actions}</div>}
    </div>
  );
}

/** Nothing for 200 ms, then grey shapes of what comes: `rows` lines of it. */
export function Skeleton({ rows = 3 }: { rows?: number }) {
  const [isSeen, setSeen] = useState(false);
  useEffect(() => {
    const timer = window.setTimeout(() => setSeen(true), 200);
    return () => window.clearTimeout(timer);
  }, []);
  return (
    <div className="skeletons" aria-busy="true">
      <span className="visually-hidden">Loading</span>
      {isSeen &&
        Array.from({ length: rows }, (_, i) => <i key={i} className={`skeleton skeleton--${i % 3}`} />)}
    </div>
  );
}

/** What failed, with a way to try again. The rest of the page lives. */
export function Failed({ error, retry }: { error: ApiError; retry: () => void }) {
  if (error.status === 403) {
    return (
      <Note icon="lock" title="You may not see this">
        <p>{error.message}</p>
      </Note>
    );
  }
  return (
    <div className="note" role="alert">
      <Icon name="warn" size="lg" />
      <h2>{error.status === 0 ? 'No answer from the daemon' : 'This could not be read'}</h2>
      <p>{error.message}</p>
      <p className="ink-3">
        <code>{error.request}</code>
        {error.problem && `, request ${error.problem.request_id}`}
      </p>
      <div className="filters">
        <Button small onClick={retry}>
          Try again
        </Button>
        <CopyButton text={error.details}>Copy details</CopyButton>
      </div>
    </div>
  );
}

export function CopyButton({ text, children }: { text: string; children: string }) {
  const [isDone, setDone] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setDone(true);
    window.setTimeout(() => setDone(false), 2000);
  };
  return (
    <Button small kind="quiet" icon="copy" onClick={() => void copy()}>
      {isDone ? 'Copied' : children}
    </Button>
  );
}

interface LoadedProps<T> {
  query: Query<T>;
  rows?: number;
  children: (data: T) => ReactNode;
}

/** The four conditions of what a page asks for: loading, failed, old (60 % ink), there. */
export function Loaded<T>({ query, rows, children }: LoadedProps<T>) {
  if (query.data === undefined) {
    if (query.error) return <Failed error={query.error} retry={query.reload} />;
    return <Skeleton {...(rows === undefined ? {} : { rows })} />;
  }
  return (
    <div className={query.isStale ? 'is-stale' : undefined} aria-busy={query.isStale || undefined}>
      {query.error && <Failed error={query.error} retry={query.reload} />}
      {children(query.data)}
    </div>
  );
}

/** A line under the bar that stands as long as what it says. */
export function Strap({
  icon,
  bad = false,
  children,
}: {
  icon: IconName;
  bad?: boolean;
  children: ReactNode;
}) {
  return (
    <div className={`strap${bad ? ' is-failed' : ''}`} role="status">
      <Icon name={icon} />
      {children}
    </div>
  );
}
