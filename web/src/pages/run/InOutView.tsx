import { Card } from '@/components';
import { JsonView } from '@/components/json';
import { useRun } from './data';
import { detailsOf, textIn } from './history';

/** What the run was given and what it gave, side by side, with every digit. */
export default function InOutView() {
  const { overview, history } = useRun();
  const first = history.events[0];
  const last = history.events.findLast((event) =>
    /^Execution(Succeeded|Failed|Aborted|TimedOut)$/.test(event.type),
  );
  const input = first && textIn(detailsOf(first), 'input');
  const ended = last && detailsOf(last);
  const output = ended && textIn(ended, 'output');
  const cause = ended && textIn(ended, 'cause');
  return (
    <div className="cols cols--two">
      <Card title="Input">
        {input === undefined ? (
          <p className="ink-3">Not read yet.</p>
        ) : (
          <JsonView text={input} label="Input" />
        )}
      </Card>
      <Card title={output === undefined && cause !== undefined ? 'Cause' : 'Output'}>
        {output !== undefined ? (
          <JsonView text={output} label="Output" />
        ) : cause !== undefined ? (
          <JsonView text={cause} label="Cause" />
        ) : (
          <p className="ink-3">{overview.run.status === 'running' ? 'The run goes on.' : 'It gave none.'}</p>
        )}
      </Card>
    </div>
  );
}
