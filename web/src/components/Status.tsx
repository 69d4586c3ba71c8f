import { statuses, statusOf, wordOf } from '@/status/status';
import { Icon } from './Icon';

/** The icon of a status, for cells too small for its word: the word is its title. Takes the API's words, too. */
export function StatusIcon({ status, size = 'md' }: { status: string; size?: 'xs' | 'sm' | 'md' | 'lg' }) {
  const row = statuses[statusOf(status)];
  return (
    <span className={`status ${row.tone}`} title={wordOf(status)}>
      <Icon name={row.icon} size={size} turns={'turns' in row && row.turns} />
      <span className="visually-hidden">{wordOf(status)}</span>
    </span>
  );
}

/** Icon and word. `word`: in place of the status's own, "2 of 3, next in 4 s". */
export function Status({ status, word, pill = false }: { status: string; word?: string; pill?: boolean }) {
  const row = statuses[statusOf(status)];
  return (
    <span className={`status ${pill ? 'status--pill ' : ''}${row.tone}`}>
      <Icon name={row.icon} turns={'turns' in row && row.turns} />
      {word ?? wordOf(status)}
    </span>
  );
}
