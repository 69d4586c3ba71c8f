import { navigate } from '@/router';
import { runsThatFailedSo, textOfFailure, type Failed } from '@/words/causes';
import { Icon } from './Icon';
import { Menu } from './Menu';

interface CauseMenuProps {
  failed: Failed;
  /** Of the state that failed. */
  path: string;
  /** What is copied of the cause, where it is said otherwise than in the list. */
  said?: string;
  /** Of the list of runs that failed so: `FROM..TO`, `-24h`. */
  start?: string;
}

/** What one does about a cause, wherever it stands. */
export function CauseMenu({ failed, path, said, start }: CauseMenuProps) {
  const list = runsThatFailedSo(failed, start);
  const text = textOfFailure({ ...failed, cause: said ?? failed.cause }, path);
  return (
    <Menu
      label={`What to do about ${failed.error} of ${failed.workflow}`}
      className="btn btn--quiet btn--icon btn--sm"
      button={<Icon name="more" />}
      items={[
        { text: 'Copy the cause', act: () => void navigator.clipboard.writeText(text) },
        { text: 'All runs that failed so', act: () => navigate(list) },
      ]}
    />
  );
}
