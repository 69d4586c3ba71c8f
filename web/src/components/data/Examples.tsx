import { Foreign } from '../Foreign';
import { samplesOf, type Check } from './checks';

interface ExamplesProps {
  check: Check;
  most: number;
  /** Without the edges of a card around it. */
  plain?: boolean;
}

/** Rows that a check rejected, the judged column marked. */
export function Examples({ check, most, plain = false }: ExamplesProps) {
  const { columns, rows } = samplesOf(check, most);
  if (rows.length === 0) return null;
  return (
    <div className="scroll-x" tabIndex={0} role="group" aria-label={`Rows that ${check.name} rejected`}>
      <table className={`table table--tight examples${plain ? ' table--plain' : ''}`}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                <Foreign>{column}</Foreign>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, i) => (
            <tr key={i}>
              {columns.map((column) => (
                <td key={column} className={column === check.column ? 'is-bad' : undefined}>
                  <Foreign>{row[column] ?? ''}</Foreign>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
