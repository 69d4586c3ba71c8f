/** The sentence of a cause that is an envelope, else the cause. */
export function sentenceOf(cause: string | undefined): string {
  if (!cause?.startsWith('{')) return cause ?? '';
  try {
    const { message } = JSON.parse(cause) as { message?: unknown };
    return typeof message === 'string' ? message : cause;
  } catch {
    return cause;
  }
}
