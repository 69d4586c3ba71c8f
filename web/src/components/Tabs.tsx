import { Link } from '@/router';
import { formatNumber } from '@/formats';

export interface Tab {
  text: string;
  to: string;
  isCurrent: boolean;
  count?: number;
}

/** Tabs are places: each is a link, and the URL says which one is open. */
export function Tabs({ label, tabs }: { label: string; tabs: readonly Tab[] }) {
  return (
    <nav className="tabs" aria-label={label}>
      {tabs.map((tab) => (
        <Link key={tab.to} to={tab.to} aria-current={tab.isCurrent ? 'page' : undefined}>
          {tab.text}
          {tab.count !== undefined && <span className="count">{formatNumber(tab.count)}</span>}
        </Link>
      ))}
    </nav>
  );
}
