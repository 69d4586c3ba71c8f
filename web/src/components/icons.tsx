// The icons, 16 by 16, drawn in the colour of the text around them; `--icon-on` is what is cut out of a filled one.
import type { ReactNode } from 'react';

const line = {
  fill: 'none',
  stroke: 'currentColor',
  strokeWidth: 1.5,
  strokeLinecap: 'round',
  strokeLinejoin: 'round',
} as const;

export const icons = {
  again: (
    <>
      <path d="M4.5 3.2v9.6L12.5 8z" {...line} />
    </>
  ),
  api: (
    <>
      <path d="M5.5 4L2 8l3.5 4M10.5 4L14 8l-3.5 4" {...line} />
    </>
  ),
  calendar: (
    <>
      <rect x="2.7" y="3.5" width="10.6" height="9.8" rx="1.5" {...line} />
      <path d="M2.7 6.8h10.6M5.5 2v2.5M10.5 2v2.5" {...line} />
    </>
  ),
  caught: (
    <>
      <path d="M5.3 1.6h5.4l3.7 3.7v5.4l-3.7 3.7H5.3l-3.7-3.7V5.3z" {...line} />
      <path d="M6 6l4 4M10 6l-4 4" {...line} />
    </>
  ),
  check: (
    <>
      <path d="M3.5 8.5l3 3 6-7" {...line} />
    </>
  ),
  'chev-d': (
    <>
      <path d="M3.8 6L8 10.2 12.2 6" {...line} />
    </>
  ),
  'chev-l': (
    <>
      <path d="M10 3.8L5.8 8 10 12.2" {...line} />
    </>
  ),
  'chev-r': (
    <>
      <path d="M6 3.8L10.2 8 6 12.2" {...line} />
    </>
  ),
  'chev-u': (
    <>
      <path d="M3.8 10L8 5.8l4.2 4.2" {...line} />
    </>
  ),
  choice: (
    <>
      <path d="M8 2.2L13.8 8 8 13.8 2.2 8z" {...line} />
    </>
  ),
  close: (
    <>
      <path d="M4 4l8 8M12 4l-8 8" {...line} />
    </>
  ),
  columns: (
    <>
      <rect x="2.5" y="3" width="11" height="10" rx="1.3" {...line} />
      <path d="M6.2 3v10M9.9 3v10" {...line} />
    </>
  ),
  compare: (
    <>
      <path d="M5 2.5v11M11 2.5v11M2.3 5.2L5 2.5M13.7 10.8L11 13.5" {...line} />
    </>
  ),
  copy: (
    <>
      <rect x="5.8" y="5.8" width="7.4" height="7.4" rx="1.3" {...line} />
      <path d="M10.2 3.3c-.2-.4-.6-.6-1-.6H4.3c-.9 0-1.6.7-1.6 1.6v4.9c0 .4.2.8.6 1" {...line} />
    </>
  ),
  dash: (
    <>
      <path d="M4 8h8" {...line} />
    </>
  ),
  download: (
    <>
      <path d="M8 2.5v7.5M4.8 7L8 10.2 11.2 7M3 13.3h10" {...line} />
    </>
  ),
  etl: (
    <>
      <path d="M2.2 3h11.6L9.6 8.2v4.3l-3.2 1.2V8.2z" {...line} />
    </>
  ),
  expand: (
    <>
      <path d="M9.5 2.8h3.7v3.7M6.5 13.2H2.8V9.5M13 3L9 7M3 13l4-4" {...line} />
    </>
  ),
  external: (
    <>
      <path
        d="M6.5 3.5H4c-.6 0-1 .4-1 1V12c0 .6.4 1 1 1h7.5c.6 0 1-.4 1-1V9.5M9.5 2.8h3.7v3.7M13 3L7.8 8.2"
        {...line}
      />
    </>
  ),
  failed: (
    <>
      <path d="M5.3 1.6h5.4l3.7 3.7v5.4l-3.7 3.7H5.3l-3.7-3.7V5.3z" fill="currentColor" />
      <path
        d="M5.7 5.7l4.6 4.6M10.3 5.7l-4.6 4.6"
        fill="none"
        stroke="var(--icon-on)"
        strokeWidth="1.7"
        strokeLinecap="round"
      />
    </>
  ),
  file: (
    <>
      <path d="M4 2.5h5l3 3v8H4zM9 2.5v3h3" {...line} />
    </>
  ),
  hand: (
    <>
      <circle cx="8" cy="5.2" r="2.5" {...line} />
      <path d="M3 13.5c.5-2.8 2.3-4.3 5-4.3s4.5 1.5 5 4.3" {...line} />
    </>
  ),
  home: (
    <>
      <path d="M2.5 7.5L8 2.8l5.5 4.7M4 6.5v6.7h8V6.5" {...line} />
    </>
  ),
  inbox: (
    <>
      <path d="M2.5 9.5l1.8-6h7.4l1.8 6v3.3H2.5zM2.5 9.5h3.3l.8 1.5h2.8l.8-1.5h3.3" {...line} />
    </>
  ),
  late: (
    <>
      <circle cx="8" cy="8" r="6.9" fill="currentColor" />
      <path
        d="M8 4.5V8l2.5 1.6"
        fill="none"
        stroke="var(--icon-on)"
        strokeWidth="1.6"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </>
  ),
  link: (
    <>
      <path
        d="M6.7 9.3l2.6-2.6M7.3 4.7l1.5-1.5a2.8 2.8 0 0 1 4 4l-1.5 1.5M8.7 11.3l-1.5 1.5a2.8 2.8 0 0 1-4-4l1.5-1.5"
        {...line}
      />
    </>
  ),
  load: (
    <>
      <path d="M8 2.2v6.6M5.2 6.2L8 9l2.8-2.8M2.6 10.5v1.9c0 .6.4 1 1 1h8.8c.6 0 1-.4 1-1v-1.9" {...line} />
    </>
  ),
  lock: (
    <>
      <rect x="3.5" y="7" width="9" height="6.3" rx="1.3" {...line} />
      <path d="M5.5 7V5.2a2.5 2.5 0 0 1 5 0V7" {...line} />
    </>
  ),
  map: (
    <>
      <rect x="5.5" y="5.5" width="8" height="8" rx="1.4" {...line} />
      <path d="M3 10.5V4.4C3 3.6 3.6 3 4.4 3h6.1" {...line} />
    </>
  ),
  minus: (
    <>
      <path d="M3 8h10" {...line} />
    </>
  ),
  moon: (
    <>
      <path d="M13 9.3A5.6 5.6 0 0 1 6.7 3 5.6 5.6 0 1 0 13 9.3z" {...line} />
    </>
  ),
  more: (
    <>
      <g fill="currentColor">
        <circle cx="3.5" cy="8" r="1.2" />
        <circle cx="8" cy="8" r="1.2" />
        <circle cx="12.5" cy="8" r="1.2" />
      </g>
    </>
  ),
  'not-reached': (
    <>
      <circle cx="8" cy="8" r="6.2" {...line} strokeDasharray="1.2 2.7" />
    </>
  ),
  notify: (
    <>
      <path
        d="M3.4 11.2c1-.9 1.2-2 1.2-3.9a3.4 3.4 0 0 1 6.8 0c0 1.9.2 3 1.2 3.9zM6.8 13.4c.6.7 1.8.7 2.4 0"
        {...line}
      />
    </>
  ),
  parallel: (
    <>
      <path d="M5 3v10M11 3v10" {...line} />
    </>
  ),
  paused: (
    <>
      <circle cx="8" cy="8" r="6.2" {...line} />
      <path d="M6.5 5.8v4.4M9.5 5.8v4.4" {...line} />
    </>
  ),
  plug: (
    <>
      <path d="M5.5 2.5v3M10.5 2.5v3M4 5.5h8v2.2a4 4 0 0 1-8 0zM8 11.7v2.3" {...line} />
    </>
  ),
  plus: (
    <>
      <path d="M8 3v10M3 8h10" {...line} />
    </>
  ),
  queued: (
    <>
      <circle cx="8" cy="8" r="6.2" {...line} strokeDasharray="2.4 2.5" />
      <g fill="currentColor">
        <circle cx="5.4" cy="8" r=".95" />
        <circle cx="8" cy="8" r=".95" />
        <circle cx="10.6" cy="8" r=".95" />
      </g>
    </>
  ),
  redrive: (
    <>
      <path d="M3 13V8.5A4.5 4.5 0 0 1 7.5 4H13M10.2 1.3L13 4l-2.8 2.7" {...line} />
    </>
  ),
  refresh: (
    <>
      <path d="M13.4 6.5A5.6 5.6 0 0 0 3.2 5.1M2.6 9.5a5.6 5.6 0 0 0 10.2 1.4" {...line} />
      <path d="M3 2.2v3h3M13 13.8v-3h-3" {...line} />
    </>
  ),
  retrying: (
    <>
      <path d="M13.6 8A5.6 5.6 0 1 1 11.8 3.9" {...line} />
      <path d="M12.3 1.4v2.9H9.4" {...line} />
    </>
  ),
  running: (
    <>
      <circle cx="8" cy="8" r="6.2" fill="none" stroke="currentColor" strokeWidth="1.5" opacity=".28" />
      <path
        d="M8 1.8a6.2 6.2 0 0 1 6.2 6.2"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.9"
        strokeLinecap="round"
      />
    </>
  ),
  runs: (
    <>
      <path d="M2.5 4h2M2.5 8h2M2.5 12h2M7 4h6.5M7 8h6.5M7 12h6.5" {...line} />
    </>
  ),
  search: (
    <>
      <circle cx="7" cy="7" r="4.3" {...line} />
      <path d="M10.3 10.3l3.2 3.2" {...line} />
    </>
  ),
  skipped: (
    <>
      <circle cx="8" cy="8" r="6.2" {...line} strokeDasharray="1.2 2.7" />
      <path d="M5.6 8h4.8" {...line} />
    </>
  ),
  stop: (
    <>
      <rect x="4" y="4" width="8" height="8" rx="1.2" {...line} />
    </>
  ),
  stopped: (
    <>
      <circle cx="8" cy="8" r="6.6" fill="currentColor" />
      <rect x="5.4" y="5.4" width="5.2" height="5.2" rx=".8" fill="var(--icon-on)" />
    </>
  ),
  sub: (
    <>
      <path d="M4 2.5v7.2c0 .8.6 1.3 1.3 1.3H12M9.5 8.3l2.7 2.7-2.7 2.7" {...line} />
    </>
  ),
  succeeded: (
    <>
      <circle cx="8" cy="8" r="6.2" {...line} />
      <path d="M5.2 8.2l2 2 3.7-4.2" {...line} />
    </>
  ),
  table: (
    <>
      <rect x="2.5" y="3" width="11" height="10" rx="1.3" {...line} />
      <path d="M2.5 6.3h11M6.5 6.3V13" {...line} />
    </>
  ),
  task: (
    <>
      <rect x="3" y="3.5" width="10" height="9" rx="1.6" {...line} />
    </>
  ),
  'timed-out': (
    <>
      <path d="M5.3 1.6h5.4l3.7 3.7v5.4l-3.7 3.7H5.3l-3.7-3.7V5.3z" fill="currentColor" />
      <path
        d="M8 4.6V8l2.4 1.5"
        fill="none"
        stroke="var(--icon-on)"
        strokeWidth="1.6"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </>
  ),
  transform: (
    <>
      <circle cx="3.6" cy="4" r="1.7" {...line} />
      <circle cx="3.6" cy="12" r="1.7" {...line} />
      <circle cx="12.4" cy="8" r="1.7" {...line} />
      <path d="M5.3 4.4C8.5 5 8.5 7.2 10.6 7.7M5.3 11.6C8.5 11 8.5 8.8 10.6 8.3" {...line} />
    </>
  ),
  unload: (
    <>
      <path d="M8 9.2V2.6M5.2 5.2L8 2.4l2.8 2.8M2.6 10.5v1.9c0 .6.4 1 1 1h8.8c.6 0 1-.4 1-1v-1.9" {...line} />
    </>
  ),
  validate: (
    <>
      <path d="M2.5 4.5l1.2 1.2 2-2.3M2.5 11l1.2 1.2 2-2.3M8.5 5h5M8.5 11.3h5" {...line} />
    </>
  ),
  waiting: (
    <>
      <circle cx="8" cy="8" r="6.2" {...line} />
      <path d="M8 4.7V8l2.2 1.5" {...line} />
    </>
  ),
  warn: (
    <>
      <path
        d="M8 1.7l6.8 12H1.2z"
        fill="currentColor"
        stroke="currentColor"
        strokeWidth="1"
        strokeLinejoin="round"
      />
      <path d="M8 6v3.6" stroke="var(--icon-on)" strokeWidth="1.6" strokeLinecap="round" />
      <circle cx="8" cy="11.8" r=".95" fill="var(--icon-on)" />
    </>
  ),
  webhook: (
    <>
      <circle cx="8" cy="4.3" r="1.8" {...line} />
      <circle cx="4" cy="11.5" r="1.8" {...line} />
      <circle cx="12" cy="11.5" r="1.8" {...line} />
      <path d="M7.1 6L5 9.9M8.9 6l2.1 3.9M5.9 11.5h4.2" {...line} />
    </>
  ),
  wrap: (
    <>
      <path d="M2.5 4h11M2.5 8h8.7a2.2 2.2 0 0 1 0 4.4H9M10.5 10.6L8.7 12.4l1.8 1.8M2.5 12.4H5.5" {...line} />
    </>
  ),
} satisfies Record<string, ReactNode>;

export type IconName = keyof typeof icons;
