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

/** The same rows where there is no room for a table: the judged value, and what else says which row it is. */
export function BadRows({ check, most }: Pick<ExamplesProps, 'check' | 'most'>) {
  const { columns, rows } = samplesOf(check, most);
  const others = columns.filter((column) => column !== check.column);
  return (
    <ul className="phone-only" aria-label={`Rows that ${check.name} rejected`}>
      {rows.map((row, i) => (
        <li key={i} className="badrow">
          <span>
            {others.slice(0, 2).map((column) => (
              <span key={column} className="badrow__cell">
                {column === 'line' && 'line '}
                <Foreign>{row[column] ?? ''}</Foreign>
              </span>
            ))}
          </span>
          {check.column && (
            <b>
              <Foreign>{row[check.column] ?? ''}</Foreign>
            </b>
          )}
          <small>
            {others.slice(2, 5).map((column) => (
              <span key={column} className="badrow__cell">
                <Foreign>{column}</Foreign> <Foreign>{row[column] ?? ''}</Foreign>
              </span>
            ))}
          </small>
        </li>
      ))}
    </ul>
  );
}
