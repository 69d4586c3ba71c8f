import { visible } from '@/formats';

/** Text from outside (a name, an error, a row): isolated, with what cannot be seen shown by its name. */
export function Foreign({ children, code = false }: { children: string; code?: boolean }) {
  const text = <bdi className="bidi">{visible(children)}</bdi>;
  return code ? <code>{text}</code> : text;
}

/** A normalised cause: ‹n›, ‹url›, ‹id› stand where texts differ. */
export function Cause({ children }: { children: string }) {
  return (
    <bdi className="bidi">
      {visible(children)
        .split(/(‹\w+›)/)
        .map((part, i) => (i % 2 ? <var key={i}>{part}</var> : part))}
    </bdi>
  );
}
