import { useState, type ReactNode } from 'react';
import { formatCount, formatNumber } from '@/formats';
import { anyText, useQueryValue, yesNo } from '@/router';
import { Button } from '../Button';
import { Card } from '../Card';
import { Failed } from '../Conditions';
import { SearchField } from '../SearchField';
import { LogView, useHits } from './LogView';
import type { Log } from './useLog';

interface LogPanelProps {
  title: ReactNode;
  note: string;
  label: string;
  log: Log;
  /** It is still written. */
  isLive: boolean;
  /** Before the button that wraps, and behind it. */
  before?: ReactNode;
  behind?: ReactNode;
}

/** A log with its search, levels and follow; what is searched for and whether lines wrap is in the URL. */
export function LogPanel({ title, note, label, log, isLive, before, behind }: LogPanelProps) {
  const [search, setSearch] = useQueryValue('find', anyText, '');
  const [wrap, setWrap] = useQueryValue('wrap', yesNo, true);
  const [follow, setFollow] = useState(true);
  const [current, setCurrent] = useState(0);
  const hits = useHits(log.lines, search);
  const move = (by: number) => hits.length && setCurrent((current + by + hits.length) % hits.length);
  const count = (level: 'error' | 'warn') => log.lines.filter((line) => line.level === level).length;
  const [errors, warnings] = [count('error'), count('warn')];
  return (
    <Card
      flush
      title={title}
      note={note}
      tools={
        <>
          {before}
          <Button
            small
            kind="quiet"
            icon="wrap"
            label="Wrap lines"
            aria-pressed={wrap}
            onClick={() => setWrap(!wrap)}
          />
          {behind}
        </>
      }
    >
      <div className="log-tools">
        <SearchField
          label="Search in the log"
          placeholder=""
          value={search}
          onChange={(text) => {
            setSearch(text, { replace: true });
            setCurrent(0);
          }}
          onKeyDown={(event) => event.key === 'Enter' && move(event.shiftKey ? -1 : 1)}
        >
          <span className="ink-3">
            {search && (hits.length ? `${current + 1} of ${formatNumber(hits.length)}` : 'nothing')}
          </span>
        </SearchField>
        {errors > 0 && <span className="tag is-failed">error {formatNumber(errors)}</span>}
        {warnings > 0 && <span className="tag is-warn">warn {formatNumber(warnings)}</span>}
        <span className="tools ink-3">
          {isLive && !follow && (
            <Button small onClick={() => setFollow(true)}>
              Follow
            </Button>
          )}
          {formatCount(log.lines.length, 'line')}
          {log.isCut && ', the first ones'}
        </span>
      </div>
      {log.error && <Failed error={log.error} retry={() => window.location.reload()} />}
      {log.lines.length === 0 ? (
        <p className="card__foot">
          {log.isLoading ? 'Reading the log…' : isLive ? 'Nothing is written yet.' : 'It wrote no log.'}
        </p>
      ) : (
        <LogView
          lines={log.lines}
          label={label}
          wrap={wrap}
          search={search}
          current={current}
          follow={isLive && follow}
          onLeave={() => setFollow(false)}
        />
      )}
    </Card>
  );
}
