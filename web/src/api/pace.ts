// Asking not too often.

export interface PaceSettings {
  act: () => void;
  /** Between two acts at least. */
  every: number;
  /** While it is true, nothing is done; resume() says that it is over. */
  isAway: () => boolean;
}

/** Acts for the first of several wishes at once, and for those that follow it together, when their time has come. */
export class Pace {
  private isWanted = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly settings: PaceSettings) {}

  want(): void {
    this.isWanted = true;
    this.resume();
  }
  resume(): void {
    if (!this.isWanted || this.timer !== undefined || this.settings.isAway()) return;
    this.isWanted = false;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.resume();
    }, this.settings.every);
    this.settings.act();
  }
  stop(): void {
    this.isWanted = false;
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}
