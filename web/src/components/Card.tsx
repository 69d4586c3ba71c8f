import { useId, type ReactNode } from 'react';

interface CardProps {
  title: ReactNode;
  note?: ReactNode;
  tools?: ReactNode;
  foot?: ReactNode;
  /** The content reaches the edges: tables, lists, graphs. */
  flush?: boolean;
  /** Not on the phone. */
  wideOnly?: boolean;
  children: ReactNode;
}

export function Card({ title, note, tools, foot, flush = false, wideOnly = false, children }: CardProps) {
  const id = useId();
  return (
    <section
      className={`card${flush ? ' card--flush' : ''}${wideOnly ? ' wide-only' : ''}`}
      aria-labelledby={id}
    >
      <div className="card__head">
        <h2 id={id}>{title}</h2>
        {note && <small>{note}</small>}
        {tools && <span className="tools">{tools}</span>}
      </div>
      {flush ? children : <div className="card__body">{children}</div>}
      {foot && <div className="card__foot">{foot}</div>}
    </section>
  );
}
