import { useState } from 'react';
import { Button, Icon, Tabs } from '@/components';
import { href, useLocation } from '@/router';

interface View {
  name: string;
  query: string;
}

const KEY = 'stepwell.views.runs';

const given: View[] = [
  { name: 'All', query: '' },
  { name: 'Failed in a day', query: 'status=failed,timed_out&start=-24h' },
  { name: 'Longer than usual', query: 'status=late' },
  { name: 'Queued', query: 'status=queued' },
];

function kept(): View[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(found)
      ? found.filter(
          (one): one is View =>
            typeof (one as View).name === 'string' && typeof (one as View).query === 'string',
        )
      : [];
  } catch {
    return [];
  }
}

/** Filters by name: some that everybody wants, and the reader's own, kept in this browser. */
export function Views() {
  const { query } = useLocation();
  const [own, setOwn] = useState(kept);
  const [isNaming, setNaming] = useState(false);
  const here = decodeURIComponent(
    [...query]
      .filter(([key]) => key !== 'peek')
      .map(([key, value]) => `${key}=${value}`)
      .join('&'),
  );
  const isKnown = [...given, ...own].some((view) => view.query === here);
  const keep = (views: View[]) => {
    setOwn(views);
    try {
      localStorage.setItem(KEY, JSON.stringify(views));
    } catch {
      // It holds until the page is left.
    }
  };
  const current = own.find((view) => view.query === here);
  return (
    <div className="views">
      <Tabs
        label="Views"
        tabs={[...given, ...own].map((view) => ({
          text: view.name,
          to: href('/runs') + (view.query ? `?${view.query}` : ''),
          isCurrent: view.query === here,
        }))}
      />
      {isNaming ? (
        <form
          className="filters"
          onSubmit={(event) => {
            event.preventDefault();
            const typed = new FormData(event.currentTarget).get('name');
            const name = typeof typed === 'string' ? typed.trim() : '';
            if (name) keep([...own, { name, query: here }]);
            setNaming(false);
          }}
        >
          <input
            className="input"
            name="name"
            aria-label="Name of the view"
            autoFocus
            maxLength={40}
            onKeyDown={(event) => event.key === 'Escape' && setNaming(false)}
          />
          <button type="submit" className="btn btn--sm">
            Save
          </button>
        </form>
      ) : (
        !isKnown && (
          <button type="button" className="linkish" onClick={() => setNaming(true)}>
            <Icon name="plus" size="sm" /> Save this view
          </button>
        )
      )}
      {current && (
        <Button kind="quiet" small onClick={() => keep(own.filter((view) => view !== current))}>
          Forget this view
        </Button>
      )}
    </div>
  );
}
