import { createElement, useEffect, useState, type ComponentType, type FunctionComponent } from 'react';
import { Skeleton } from './Conditions';

export type Later<P> = FunctionComponent<P> & {
  /** Loads it, where it is not there or under way yet. */
  prepare: () => Promise<void>;
};

/**
 * A component of a file of its own, which is loaded when it is first shown, or prepared. Not by `lazy`: once React shows
 * grey shapes for a part of the page, it holds back what has come for 300 ms.
 */
export function later<P extends object>(load: () => Promise<{ default: ComponentType<P> }>): Later<P> {
  let there: ComponentType<P> | undefined;
  let loading: Promise<void> | undefined;
  const prepare = () =>
    (loading ??= load().then((module) => {
      there = module.default;
    }));
  const Shown: FunctionComponent<P> = (props) => {
    const [, setThere] = useState(false);
    const [fault, setFault] = useState<unknown>();
    useEffect(() => {
      let isWanted = true;
      prepare().then(
        () => isWanted && setThere(true),
        (error: unknown) => isWanted && setFault(error),
      );
      return () => {
        isWanted = false;
      };
    }, []);
    if (fault !== undefined) throw fault instanceof Error ? fault : new Error('It could not be loaded');
    return there ? createElement(there, props) : <Skeleton rows={8} />;
  };
  return Object.assign(Shown, { prepare });
}
