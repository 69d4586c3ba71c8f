import { useMemo } from 'react';
import { Button, Card, CopyButton, download, Foreign } from '@/components';
import { formatCount, formatNumber, visible } from '@/formats';
import { anyText, useQueryValue } from '@/router';
import {
  columnsOf,
  quarantinesOf,
  reasonsOf,
  type QuarantineFile,
  type Reason,
  type RejectedRow,
} from './quarantine';
import type { Result } from './checks';
import { useRejected } from './useRejected';

const COLUMNS_MAX = 8;

interface QuarantineProps {
  results: readonly Result[];
  /** Whose results they are, where they do not say it. */
  run?: string;
}

/** What was put aside: its files, and the rows with their reasons; file and reason are in the URL. */
export function Quarantine({ results, run = '' }: QuarantineProps) {
  const files = useMemo(() => quarantinesOf(results, run), [results, run]);
  const [uri, setUri] = useQueryValue('rejects', anyText, '');
  const [reason, setReason] = useQueryValue('check', anyText, '');
  if (files.length === 0) return null;
  const shown = uri ? files.filter((file) => file.uri === uri) : files;
  const fitting = reason ? shown.filter((file) => file.checks.some((check) => check.name === reason)) : shown;
  const all = files.reduce((sum, file) => sum + file.count, 0);
  return (
    <Card
      flush
      title="Quarantine"
      note={`${formatCount(all, 'row')} in ${formatCount(files.length, 'file')}, as they stood`}
    >
      <ul className="rows">
        {files.map((file) => (
          <FileRow
            key={file.uri}
            file={file}
            isChosen={file.uri === uri}
            onChoose={() => setUri(file.uri === uri ? '' : file.uri)}
          />
        ))}
      </ul>
      <Reasons reasons={reasonsOf(shown)} chosen={reason} onChoose={setReason} />
      {fitting.map((file) => (
        <Rows key={file.uri} file={file} reason={reason} />
      ))}
      {fitting.length === 0 && <p className="card__foot">No row of it was rejected by this check.</p>}
    </Card>
  );
}

interface FileRowProps {
  file: QuarantineFile;
  isChosen: boolean;
  onChoose: () => void;
}

function FileRow({ file, isChosen, onChoose }: FileRowProps) {
  return (
    <li className={isChosen ? 'quarantine is-chosen' : 'quarantine'}>
      <button type="button" className="quarantine__name" aria-pressed={isChosen} onClick={onChoose}>
        <Foreign>{file.path}</Foreign>
        <span className="sub">
          <Foreign code>{file.uri}</Foreign>
        </span>
      </button>
      <CopyButton text={file.uri}>Copy</CopyButton>
      <span className="num">{formatCount(file.count, 'row')}</span>
    </li>
  );
}

interface ReasonsProps {
  reasons: Reason[];
  chosen: string;
  onChoose: (name: string) => void;
}

function Reasons({ reasons, chosen, onChoose }: ReasonsProps) {
  return (
    <div className="filters quarantine__reasons" role="group" aria-label="Rejected by">
      {reasons.map((reason) => (
        <button
          key={reason.name}
          type="button"
          className="btn btn--sm"
          aria-pressed={reason.name === chosen}
          title={visible(reason.message)}
          onClick={() => onChoose(reason.name === chosen ? '' : reason.name)}
        >
          <Foreign code>{reason.name}</Foreign> <span className="ink-3">{formatNumber(reason.count)}</span>
        </button>
      ))}
    </div>
  );
}

/** Out of the file; until that has come, and where it is not there any more, the examples of the result. */
function Rows({ file, reason }: { file: QuarantineFile; reason: string }) {
  const rejected = useRejected(file, reason);
  const examples = reason ? file.rows.filter((row) => row.reasons.includes(reason)) : file.rows;
  const rows = rejected.rows ?? examples;
  const columns = columnsOf(rows, COLUMNS_MAX);
  const failed = reason
    ? file.checks.filter((check) => check.name === reason).reduce((sum, check) => sum + check.failed, 0)
    : file.count;
  const count = rejected.rows ? rejected.total : failed;
  return (
    <>
      <div className="scroll-x" tabIndex={0} role="group" aria-label={`Rejected rows of ${file.path}`}>
        <table className="table table--tight examples">
          <caption className="visually-hidden">{visible(file.path)}</caption>
          <thead>
            <tr>
              <th scope="col" className="num">
                Line
              </th>
              <th scope="col">Rejected by</th>
              {columns.map((column) => (
                <th key={column} scope="col">
                  <Foreign>{column}</Foreign>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Row key={row.key} row={row} columns={columns} />
            ))}
          </tbody>
        </table>
      </div>
      <div className="card__foot quarantine__foot">
        <span>
          <Foreign>{file.path}</Foreign>: {formatNumber(rows.length)} of {formatCount(count, 'row')}
        </span>
        {rejected.error && (
          <span>
            The file could not be read, so these are the examples of the result:{' '}
            <Foreign>{rejected.error.message}</Foreign>
          </span>
        )}
        {rejected.more && (
          <Button small onClick={rejected.more}>
            Show more
          </Button>
        )}
        {rejected.rows && <Export file={file} reason={reason} />}
      </div>
    </>
  );
}

/** All rows that fit, not only those that are shown; the daemon writes the file. */
function Export({ file, reason }: { file: QuarantineFile; reason: string }) {
  const save = (form: 'csv' | 'jsonl') =>
    download(
      `/api/v1/runs/{run}/rejected/export.${form}`,
      { run: file.run },
      { path: file.path, check: reason },
    );
  return (
    <span className="tools" role="group" aria-label={`Export the rejected rows of ${visible(file.path)}`}>
      <Button small kind="quiet" icon="download" onClick={() => save('csv')}>
        CSV
      </Button>
      <Button small kind="quiet" icon="download" onClick={() => save('jsonl')}>
        JSON lines
      </Button>
    </span>
  );
}

function Row({ row, columns }: { row: RejectedRow; columns: string[] }) {
  return (
    <tr title={row.file}>
      <td className="num">{row.line === undefined ? '' : formatNumber(row.line)}</td>
      <td>
        <code>
          <Foreign>{row.reasons.join(', ')}</Foreign>
        </code>
        {row.why && (
          <span className="ink-3">
            {' '}
            <Foreign>{row.why}</Foreign>
          </span>
        )}
      </td>
      {columns.map((column) => (
        <td key={column} className={row.bad.includes(column) ? 'is-bad' : undefined}>
          <Foreign>{row.cells[column] ?? ''}</Foreign>
        </td>
      ))}
    </tr>
  );
}
