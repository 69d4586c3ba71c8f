import { useMemo } from 'react';
import { formatCount, visible } from '@/formats';
import { diffLines, foldSame } from './lines';
import './diff.css';

/** Two texts, one above the other: removed, added, and what stands around. */
export function DiffView({ before, after, label }: { before: string; after: string; label: string }) {
  const parts = useMemo(() => foldSame(diffLines(before, after)), [before, after]);
  if (parts.every((part) => part.kind === 'fold')) return <p className="ink-3">Nothing differs.</p>;
  return (
    <div className="code difftext" tabIndex={0} role="group" aria-label={label}>
      {parts.map((part, i) =>
        part.kind === 'fold' ? (
          <div key={i} className="difftext__fold">
            {formatCount(part.count, 'unchanged line')}
          </div>
        ) : (
          part.lines.map((line) => (
            <div
              key={`${line.before ?? ''}-${line.after ?? ''}`}
              className={line.kind === 'same' ? undefined : `is-${line.kind}`}
            >
              <span className="ln">{line.before ?? ''}</span>
              <span className="ln">{line.after ?? ''}</span>
              <span className="gut" role="img" aria-label={line.kind}>
                {line.kind === 'added' ? '+' : line.kind === 'removed' ? '−' : ' '}
              </span>
              <span className="bidi">{visible(line.text)}</span>
            </div>
          ))
        ),
      )}
    </div>
  );
}
