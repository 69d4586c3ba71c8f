import { useState } from 'react';
import { useMay } from '@/api';
import { Button } from '@/components';
import { AgainDialog } from './AgainDialog';
import { useRun } from './data';
import { RedriveDialog } from './RedriveDialog';
import { StopDialog } from './StopDialog';

/** On the phone, the two actions that are urgent, under the thumb. */
export function PhoneActions() {
  const { overview, plan } = useRun();
  const may = useMay('operator');
  const [asked, ask] = useState<'redrive' | 'again' | 'stop'>();
  const close = () => ask(undefined);
  if (!may) return null;
  const { status } = overview.run;
  return (
    <div className="actionbar actionbar--run">
      {status === 'running' && (
        <Button kind="danger" icon="stop" onClick={() => ask('stop')}>
          Stop…
        </Button>
      )}
      {status !== 'running' && status !== 'succeeded' && (
        <Button
          icon="redrive"
          kind="primary"
          impossible={plan && !plan.redrivable ? plan.reason : undefined}
          onClick={() => ask('redrive')}
        >
          Redrive…
        </Button>
      )}
      {status !== 'running' && (
        <Button icon="again" onClick={() => ask('again')}>
          Run again…
        </Button>
      )}
      {asked === 'redrive' && <RedriveDialog onClose={close} />}
      {asked === 'again' && <AgainDialog onClose={close} />}
      {asked === 'stop' && <StopDialog onClose={close} />}
    </div>
  );
}
