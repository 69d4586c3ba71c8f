import { useState } from 'react';
import { Button, Card, Failed, Icon, Segmented } from '@/components';
import { LogView, useHits } from '@/components/log';
import { formatCount, formatNumber } from '@/formats';
import { anyText, useQueryValue, wholeNumber, yesNo } from '@/router';
import { useRun, useStep, type StateRow } from './data';
import { useLog } from '@/components/log/useLog';

/** The log of the chosen step; without one, of the whole run. */
export default function LogCard({ isAlone = false }: { isAlone?: boolean }) {
  const { key, overview } = useRun();
  const { row } = useStep();
  const step = isTask(row) ? row : undefined;
  const [whole, setWhole] = useQueryValue('all', yesNo, false);
  const [attempt, setAttempt] = useQueryValue('attempt', wholeNumber, 0);
  const [search, setSearch] = useQueryValue('find', anyText, '');
  const [wrap, setWrap] = useQueryValue('wrap', yesNo, true);
  const [follow, setFollow] = useState(true);
  const [current, setCurrent] = useState(0);
  const ofStep = step !== undefined && !whole;
  const chosen = ofStep ? (step.attempts?.[attempt - 1] ?? step.attempts?.at(-1)) : undefined;
  const isLive = overview.run.status === 'running' && (!ofStep || step.status === 'running');
  const log = useLog({
    run: key,
    ...(ofStep ? { state: step.state, frame: step.frame, attempt: chosen?.attempt } : {}),
    follow: isLive,
  });
  const hits = useHits(log.lines, search);
  const move = (by: number) => hits.length && setCurrent((current + by + hits.length) % hits.length);
  const errors = log.lines.filter((line) => line.level === 'error').length;
  const warnings = log.lines.filter((line) => line.level === 'warn').length;
  if (!isAlone && !log.isLoading && log.lines.length === 0 && !log.error) return null;
  return (
    <Card
      flush
      title="Log"
      note={ofStep ? step.path : 'of the whole run'}
      tools={
        <>
          {ofStep && (step.attempts?.length ?? 0) > 1 && (
            <Segmented
              label="Attempt"
              value={String(attempt || step.attempts?.length)}
              options={(step.attempts ?? []).map((_, i) => ({
                value: String(i + 1),
                text: `Attempt ${i + 1}`,
              }))}
              onChange={(value) => setAttempt(Number(value))}
            />
          )}
          {step && (
            <Button small kind="quiet" aria-pressed={whole} onClick={() => setWhole(!whole)}>
              {whole ? 'Of this step' : 'Of the run'}
            </Button>
          )}
          <Button
            small
            kind="quiet"
            icon="wrap"
            label="Wrap lines"
            aria-pressed={wrap}
            onClick={() => setWrap(!wrap)}
          />
          <Button
            small
            kind="quiet"
            icon="download"
            label="Download log"
            onClick={() =>
              download(log.lines.map((line) => line.text).join('\n'), `${overview.run.name}.log`)
            }
          />
        </>
      }
    >
      <div className="log-tools">
        <label className="search">
          <Icon name="search" />
          <input
            aria-label="Search in the log"
            value={search}
            onChange={(event) => {
              setSearch(event.target.value, { replace: true });
              setCurrent(0);
            }}
            onKeyDown={(event) => event.key === 'Enter' && move(event.shiftKey ? -1 : 1)}
          />
          <span className="ink-3">
            {search && (hits.length ? `${current + 1} of ${formatNumber(hits.length)}` : 'nothing')}
          </span>
        </label>
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
          label="Log"
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

const isTask = (row: StateRow | undefined): row is StateRow => row?.type === 'Task';

function download(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
