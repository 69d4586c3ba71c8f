import { useQuery, type Schemas } from '@/api';
import { Card, CopyButton, Foreign, Loaded } from '@/components';
import { visible } from '@/formats';
import { useQueryValue, wholeNumber } from '@/router';

type Details = Schemas['Workflow'];

/** The text of the version in force, with the faults of its file in their places. */
export default function Definition({ workflow }: { workflow: Details }) {
  const source = useQuery('/api/v1/workflows/{workflow}/source', { path: { workflow: workflow.name } });
  const [line] = useQueryValue('line', wholeNumber, 0);
  const faults = workflow.file?.faults ?? [];
  return (
    <Loaded query={source} rows={12}>
      {(data) => (
        <Card
          flush
          title={data.file ? <Foreign>{data.file}</Foreign> : 'Definition'}
          note={`version ${data.version}`}
          tools={<CopyButton text={data.text}>Copy</CopyButton>}
        >
          {faults.length > 0 && (
            <ul className="rows">
              {faults.map((fault, i) => (
                <li key={i} className="faulty">
                  <span className="ink-3">{fault.line}</span>
                  <div>
                    <Foreign>{fault.message}</Foreign>
                    {fault.hint && (
                      <div className="sub">
                        <Foreign>{fault.hint}</Foreign>
                      </div>
                    )}
                  </div>
                </li>
              ))}
            </ul>
          )}
          <div className="code code--whole" tabIndex={0} role="group" aria-label="Definition">
            {data.text.split('\n').map((text, i) => (
              <div
                key={i}
                className={i + 1 === line ? 'is-here' : undefined}
                ref={i + 1 === line ? (element) => element?.scrollIntoView({ block: 'center' }) : undefined}
              >
                <span className="ln">{i + 1}</span>
                {coloured(text)}
              </div>
            ))}
          </div>
        </Card>
      )}
    </Loaded>
  );
}

/** Keys, texts and remarks of YAML and JSON, by the line alone. */
function coloured(text: string) {
  const remark = /^(\s*)(#.*)$/.exec(text);
  if (remark) return <span className="c">{visible(text)}</span>;
  const pair = /^(\s*(?:- )?)("(?:[^"\\]|\\.)*"|[^\s:#][^:#]*)(:)(\s.*|)$/.exec(text);
  if (!pair) return visible(text);
  const [, indent = '', key = '', colon = '', rest = ''] = pair;
  return (
    <>
      {indent}
      <span className="k">{visible(key)}</span>
      {colon}
      <span className={/^\s*-?\d/.test(rest) ? 'n' : /^\s*(true|false|null)\b/.test(rest) ? 'l' : 's'}>
        {visible(rest)}
      </span>
    </>
  );
}
