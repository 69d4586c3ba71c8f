import { expect, test } from 'vitest';
import { FrameReader } from './sse';

const stream =
  ': nothing new\nid: 7\n\nid: 8\nevent: changed\ndata: {"kind":"workflows"}\n\ndata: a\ndata: b\r\n\r\n';
const frames = [
  { event: 'message', data: '', id: '7' },
  { event: 'changed', data: '{"kind":"workflows"}', id: '8' },
  { event: 'message', data: 'a\nb', id: undefined },
];

test('frames are the same wherever the stream is cut', () => {
  for (let cut = 0; cut <= stream.length; ++cut) {
    const reader = new FrameReader();
    expect([...reader.push(stream.slice(0, cut)), ...reader.push(stream.slice(cut))]).toEqual(frames);
  }
});
test('a comment alone is no frame', () => expect(new FrameReader().push(': here\n\n')).toEqual([]));
