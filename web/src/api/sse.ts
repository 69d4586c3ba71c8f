// The frames of an event stream (text/event-stream), bit by bit.

export interface Frame {
  event: string;
  data: string;
  id: string | undefined;
}

/** Reads frames out of pieces of text, wherever they are cut. */
export class FrameReader {
  private rest = '';
  private frame: { event: string; data: string[]; id: string | undefined } = {
    event: '',
    data: [],
    id: undefined,
  };

  /** The frames that the piece completes. One with an id alone has empty data: it moves the place, and says nothing. */
  push(piece: string): Frame[] {
    const found: Frame[] = [];
    const lines = (this.rest + piece).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) {
      const text = line.endsWith('\r') ? line.slice(0, -1) : line;
      if (text !== '') this.take(text);
      else {
        const { event, data, id } = this.frame;
        if (data.length || id !== undefined)
          found.push({ event: event || 'message', data: data.join('\n'), id });
        this.frame = { event: '', data: [], id: undefined };
      }
    }
    return found;
  }

  private take(line: string): void {
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'event') this.frame.event = value;
    else if (name === 'data') this.frame.data.push(value);
    else if (name === 'id') this.frame.id = value;
  }
}
