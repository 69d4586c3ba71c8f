import { useMemo } from 'react';
import { Card, type Column, Failed, Foreign, SearchField, Table } from '@/components';
import { JsonView } from '@/components/json';
import { formatDuration, formatNumber, parseTime } from '@/formats';
import { anyText, useQueryValue } from '@/router';
import { useAt, useRun } from './data';
import { detailsOf, subjectOf, type HistoryEvent } from './history';

/** The history, as GetExecutionHistory shows it. */
export default function EventsCard() {
  const { overview, history } = useRun();
  const [wanted, setWanted] = useQueryValue('q', anyText, '');
  const [chosen, setChosen] = useAt();
  const start = parseTime(overview.run.started_at);
  const shown = useMemo(
    () => history.events.filter((event) => fits(event, wanted.toLowerCase())),
    [history.events, wanted],
  );
  const columns: Column<HistoryEvent>[] = [
    { id: 'id', head: 'Id', isNumber: true, cell: (event) => event.id },
    {
      id: 'after',
      head: 'After',
      isNumber: true,
      cell: (event) => formatDuration(event.timestamp * 1000 - start),
    },
    { id: 'type', head: 'Type', cell: (event) => <code>{event.type}</code> },
    { id: 'what', head: 'What', isWide: true, cell: (event) => <Foreign>{subjectOf(event)}</Foreign> },
    { id: 'previous', head: 'Previous', isNumber: true, cell: (event) => event.previousEventId },
  ];
  return (
    <Card
      flush
      title="Events"
      note={`${formatNumber(shown.length)} of ${formatNumber(history.events.length)}`}
      tools={
        <SearchField
          value={wanted}
          onChange={(value) => setWanted(value, { replace: true })}
          label="Filter events"
        />
      }
    >
      {history.error && <Failed error={history.error} retry={() => window.location.reload()} />}
      <Table
        label="Events of the run"
        columns={columns}
        rows={shown}
        rowKey={(event) => String(event.id)}
        why={(event) =>
          event.id === chosen ? (
            <JsonView text={JSON.stringify(detailsOf(event))} label={event.type} />
          ) : undefined
        }
        onOpen={(event) => setChosen(event.id === chosen ? 0 : event.id, { replace: true })}
        isChosen={(event) => event.id === chosen}
        tight
      />
      {history.isCut && (
        <p className="card__foot">The first {formatNumber(history.events.length)} events are shown.</p>
      )}
    </Card>
  );
}

function fits(event: HistoryEvent, wanted: string): boolean {
  return (
    !wanted || event.type.toLowerCase().includes(wanted) || subjectOf(event).toLowerCase().includes(wanted)
  );
}
