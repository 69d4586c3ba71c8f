// Text from outside: names, inputs, errors, logs, rows. What cannot be seen is shown by its name.

const DIRECTION = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
const HIDDEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]/g;

/** Control characters as their pictures (`␛`), those that turn or hide text as `U+202E`. Keeps tabs and ends of lines. */
export function visible(text: string): string {
  return text.replace(HIDDEN, (c) => {
    const code = c.charCodeAt(0);
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    if (code === 0x7f) return '\u2421';
    return `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  });
}

/** Whether the text tries to turn the direction of what stands around it. */
export const turnsDirection = (text: string): boolean => DIRECTION.test(text);
