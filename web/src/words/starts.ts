// What started a run, and why a tick of a schedule or a sensor started none: one definition for all pages.
import type { IconName } from '@/components/icons';

interface Origin {
  word: string;
  icon: IconName;
}

/** By the API's word. */
const origins: Readonly<Record<string, Origin>> = {
  api: { word: 'API', icon: 'api' },
  cli: { word: 'By hand', icon: 'hand' },
  schedule: { word: 'Schedule', icon: 'calendar' },
  file: { word: 'File', icon: 'file' },
  webhook: { word: 'Webhook', icon: 'webhook' },
  parent: { word: 'Another run', icon: 'sub' },
  map: { word: 'A Map', icon: 'map' },
};

export const originOf = (word: string | undefined): Origin =>
  origins[word ?? ''] ?? { word: word ?? '', icon: 'hand' };

const reasons: Readonly<Record<string, string>> = {
  overlap: 'its run before had not ended',
  queue_full: 'too many of its fires wait already',
  too_many_waiting: 'too many of its fires wait already',
  no_workflow: 'its workflow is gone',
  refused: 'its run was refused',
  error: 'it could not be started',
};

/** Why a tick started nothing; a reason that is not known is said as it is. */
export const skipReason = (code: string): string => reasons[code] ?? code;
