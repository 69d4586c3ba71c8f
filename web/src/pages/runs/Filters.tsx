import { useEffect, useRef, useState } from 'react';
import { useQuery } from '@/api';
import { useNow } from '@/app/now';
import { useZone } from '@/app/settings';
import { Button, Chip, Icon, Menu, SearchField } from '@/components';
import { formatTime } from '@/formats';
import { useSetQuery } from '@/router';
import { wordOf } from '@/status/status';
import { originOf } from '@/words/starts';
import {
  apiOrigin,
  duration,
  isEmpty,
  origins,
  span,
  spanText,
  statusWords,
  type Filter,
  type Origin,
  type StatusWord,
} from './filter';

const originWord = (one: Origin) => originOf(apiOrigin(one)).word;
const spans = ['-1h', '-6h', '-24h', '-7d', '-30d'];
const durations = ['>10s', '>60s', '>10m', '>1h', '<1s'];

/** Each filter that holds as a chip; the others as buttons that add one. */
export function Filters({
  filter,
  search,
}: {
  filter: Filter;
  search: React.RefObject<HTMLInputElement | null>;
}) {
  const setQuery = useSetQuery();
  const [zone] = useZone();
  const now = useNow(60_000);
  const time = (ms: number) => formatTime(ms, zone, now);
  const workflows = useQuery('/api/v1/workflows', { query: { limit: 100 } });
  const set = (key: string) => (value: string | undefined) =>
    setQuery({ [key]: value || undefined, ...(key === 'workflow' ? { version: undefined } : {}) });
  const toggled = <T extends string>(list: readonly T[], one: T) =>
    (list.includes(one) ? list.filter((other) => other !== one) : [...list, one]).join(',');
  return (
    <div className="filters" role="search" aria-label="Filter runs">
      <TextFilter
        value={filter.q}
        box={search}
        onChange={(q) => setQuery({ q: q || undefined }, { replace: true })}
      />
      <Choice
        name="Started"
        value={span.print(filter.start) && spanText(filter.start, time)}
        options={spans.map((text) => ({ text: spanText(span.parse(text) ?? {}, time), value: text }))}
        isChosen={(value) => value === span.print(filter.start)}
        onChoose={set('start')}
      />
      <Choice
        name="Status"
        value={filter.status.map(wordOf).join(', ')}
        options={statusWords.map((word: StatusWord) => ({ text: wordOf(word), value: word }))}
        isChosen={(value) => filter.status.includes(value as StatusWord)}
        onChoose={(value) => set('status')(value && toggled(filter.status, value as StatusWord))}
      />
      <Choice
        name="Workflow"
        value={filter.workflow + (filter.version ? ` version ${filter.version}` : '')}
        options={(workflows.data?.items ?? []).map((one) => ({ text: one.name, value: one.name }))}
        isChosen={(value) => filter.workflow.split(',').includes(value)}
        onChoose={set('workflow')}
      />
      <Choice
        name="Started by"
        value={filter.by.map(originWord).join(', ')}
        options={origins.map((one) => ({ text: originWord(one), value: one }))}
        isChosen={(value) => filter.by.includes(value as Origin)}
        onChoose={(value) => set('by')(value && toggled(filter.by, value as Origin))}
      />
      <Choice
        name="Duration"
        value={duration.print(filter.duration)}
        options={durations.map((text) => ({ text, value: text }))}
        isChosen={(value) => value === duration.print(filter.duration)}
        onChoose={set('duration')}
      />
      {filter.error && (
        <Chip name="Error" value={filter.error} onRemove={() => setQuery({ error: undefined })} />
      )}
      {filter.fingerprint && (
        <Chip name="Cause" value={filter.fingerprint} onRemove={() => setQuery({ fingerprint: undefined })} />
      )}
      {filter.parent > 0 && (
        <Chip
          name="Started by run"
          value={String(filter.parent)}
          onRemove={() => setQuery({ parent: undefined })}
        />
      )}
      {!isEmpty(filter) && (
        <Button
          kind="quiet"
          small
          onClick={() =>
            setQuery({
              q: undefined,
              start: undefined,
              status: undefined,
              workflow: undefined,
              version: undefined,
              by: undefined,
              duration: undefined,
              error: undefined,
              fingerprint: undefined,
              parent: undefined,
            })
          }
        >
          Clear
        </Button>
      )}
    </div>
  );
}

interface ChoiceProps {
  name: string;
  /** What holds, in words; empty: nothing. */
  value: string;
  options: readonly { text: string; value: string }[];
  isChosen: (value: string) => boolean;
  onChoose: (value: string | undefined) => void;
}

function Choice({ name, value, options, isChosen, onChoose }: ChoiceProps) {
  return (
    <span className={value ? 'chip' : 'chip chip--add'}>
      <Menu
        label={value ? `${name}: ${value}` : name}
        className="chip__menu"
        button={
          value ? (
            <>
              <span className="chip__key">{name}</span> <span className="chip__val">{value}</span>{' '}
              <Icon name="chev-d" size="sm" />
            </>
          ) : (
            name
          )
        }
        items={options.map((option) => ({
          text: option.text,
          isChosen: isChosen(option.value),
          act: () => onChoose(option.value),
        }))}
      />
      {value && (
        <button
          type="button"
          className="chip__x"
          aria-label={`Drop the filter ${name}`}
          onClick={() => onChoose(undefined)}
        >
          <Icon name="close" size="sm" />
        </button>
      )}
    </span>
  );
}

interface TextFilterProps {
  value: string;
  box: React.RefObject<HTMLInputElement | null>;
  onChange: (value: string) => void;
}

const PAUSE = 200;

/** It asks once the reader stops typing. */
function TextFilter({ value, box, onChange }: TextFilterProps) {
  const [text, setText] = useState(value);
  const last = useRef(value);
  useEffect(() => {
    if (text === last.current) return;
    const timer = window.setTimeout(() => {
      last.current = text;
      onChange(text.trim());
    }, PAUSE);
    return () => window.clearTimeout(timer);
  }, [text, onChange]);
  return (
    <SearchField
      label="Name, error or cause"
      placeholder="Name, error, cause"
      value={text}
      onChange={setText}
      box={box}
    >
      <kbd className="kbd">F</kbd>
    </SearchField>
  );
}
