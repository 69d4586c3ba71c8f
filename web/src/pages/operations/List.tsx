import type { ReactNode } from 'react';
import type { Query } from '@/api';
import { Card, Loaded, Note, Table, type Column } from '@/components';
import type { IconName } from '@/components/icons';
import { formatCount } from '@/formats';

interface ListProps<R, A extends { items: R[] }> {
  title: string;
  one: string;
  many?: string;
  query: Query<A>;
  columns: Column<R>[];
  rowKey: (row: R) => string;
  why?: (row: R) => ReactNode | undefined;
  tools?: ReactNode;
  foot?: ReactNode;
  empty: { icon: IconName; title: string; text: ReactNode };
}

/** What all parts are: a list in a card, with what to do where it is empty. */
export function List<R, A extends { items: R[] }>({
  title,
  one,
  many,
  query,
  columns,
  rowKey,
  why,
  tools,
  foot,
  empty,
}: ListProps<R, A>) {
  const count = query.data?.items.length ?? 0;
  return (
    <Card
      flush
      title={title}
      note={count ? formatCount(count, one, many) : undefined}
      tools={tools}
      foot={foot}
    >
      <Loaded query={query} rows={6}>
        {(data) =>
          data.items.length === 0 ? (
            <Note icon={empty.icon} title={empty.title}>
              <p>{empty.text}</p>
            </Note>
          ) : (
            <Table
              label={title}
              columns={columns}
              rows={data.items}
              rowKey={rowKey}
              {...(why ? { why } : {})}
            />
          )
        }
      </Loaded>
    </Card>
  );
}
