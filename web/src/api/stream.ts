import type { ClockMessage, FactMessage, SourceUpdate } from "./types";

/** The live stream: server-sent events, taken up again after the last cursor that was applied. */

/** A clock event comes every 5 s; after this long without any event the line counts as lost. */
const SILENCE_MS = 12_000;
const SHORTEST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8_000;

export interface StreamHandlers {
  fact(message: FactMessage): void;
  sources(states: SourceUpdate[]): void;
  clock(message: ClockMessage): void;
  up(): void;
  down(): void;
  /** The server cannot go on from our cursor: the picture has to be fetched anew. */
  reset(): void;
  /** The server refused the stream for good (the session ended). */
  refused(): void;
}

export class Stream {
  private source: EventSource | null = null;
  private watchdog = 0;
  private retry = 0;
  private wait = SHORTEST_WAIT_MS;
  private stopped = false;
  private readonly handlers: StreamHandlers;
  private readonly cursor: () => number;
  private readonly stillAllowed: () => Promise<boolean>;

  constructor(handlers: StreamHandlers, cursor: () => number, stillAllowed: () => Promise<boolean>) {
    this.handlers = handlers;
    this.cursor = cursor;
    this.stillAllowed = stillAllowed;
  }

  start(): void {
    this.stopped = false;
    const source = new EventSource(`/api/stream?after=${this.cursor()}`);
    this.source = source;
    this.listen(source, "fact", (data) => this.handlers.fact(data as FactMessage));
    this.listen(source, "sources", (data) => this.handlers.sources(data as SourceUpdate[]));
    this.listen(source, "clock", (data) => this.handlers.clock(data as ClockMessage));
    this.listen(source, "reset", () => this.handlers.reset());
    source.onopen = () => {
      this.wait = SHORTEST_WAIT_MS;
      this.alive();
    };
    source.onerror = () => this.lost();
  }

  stop(): void {
    this.stopped = true;
    this.close();
  }

  private listen(source: EventSource, name: string, take: (data: unknown) => void): void {
    source.addEventListener(name, (event: MessageEvent<string>) => {
      this.alive();
      take(JSON.parse(event.data));
    });
  }

  private alive(): void {
    this.handlers.up();
    window.clearTimeout(this.watchdog);
    this.watchdog = window.setTimeout(() => this.lost(), SILENCE_MS);
  }

  /** The browser's own retry would resume too, but it gives up on an HTTP error and never notices silence. */
  private lost(): void {
    this.close();
    if (this.stopped) return;
    this.handlers.down();
    this.retry = window.setTimeout(() => void this.again(), this.wait);
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT_MS);
  }

  private async again(): Promise<void> {
    const allowed = await this.stillAllowed();
    if (this.stopped) return;
    if (allowed) this.start();
    else this.handlers.refused();
  }

  private close(): void {
    window.clearTimeout(this.watchdog);
    window.clearTimeout(this.retry);
    this.source?.close();
    this.source = null;
  }
}
