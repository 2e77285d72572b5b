import type { Media, MediaStats } from "@holdfast/media";
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { AnsweredRequest, Connections } from "./http-server.js";
import { kindOf } from "./request-kind.js";

/** What the service counts, for Prometheus. */
export interface Metrics {
  readonly contentType: string;
  observe(answered: AnsweredRequest): void;
  /** Everything there is to tell, in Prometheus' text format. */
  text(): Promise<string>;
}

/** From a picture at hand to an upload of a gigabyte, in seconds. */
const buckets = [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Count for one service. Media's own numbers are read when somebody asks. */
export function createMetrics(media: Media, connections: Connections): Metrics {
  const register = new Registry();
  const registers = [register];
  collectDefaultMetrics({ register });

  const labelNames = ["kind", "status"] as const;
  const requests = new Counter({ name: "holdfast_requests_total", help: "Requests answered.", labelNames, registers });
  const durations = new Histogram({
    name: "holdfast_request_duration_seconds",
    help: "From a request's first byte to the last of its answer.",
    labelNames: ["kind"],
    buckets,
    registers,
  });
  const sent = new Counter({ name: "holdfast_response_bytes_total", help: "Bytes sent.", labelNames: ["kind"], registers });

  /** A number that media, or the server, counts by itself. */
  const counted = (
    name: string,
    help: string,
    label: string | undefined,
    read: (stats: MediaStats) => Readonly<Record<string, number>> | number,
  ): void => {
    const counter = new Counter({
      name,
      help,
      labelNames: label === undefined ? [] : [label],
      registers,
      collect() {
        this.reset();
        const found = read(media.stats());
        if (typeof found === "number") this.inc(found);
        else for (const [value, count] of Object.entries(found)) this.inc({ [label ?? ""]: value }, count);
      },
    });
    void counter;
  };
  counted("holdfast_variants_total", "Variants by where they were found, or made.", "from", ({ variants }) => ({ ...variants }));
  counted("holdfast_decodes_total", "Images decoded.", undefined, ({ decodes }) => decodes.done);
  counted("holdfast_decode_seconds_total", "Time spent decoding.", undefined, ({ decodes }) => decodes.seconds);
  counted("holdfast_refused_total", "Turned away because too many waited already.", "queue", ({ decodes }) => ({
    decodes: decodes.refused,
    connections: connections.refused(),
  }));
  counted("holdfast_uploads_total", "Uploads by how they ended.", "outcome", ({ uploads }) => ({ ...uploads }));
  counted("holdfast_missing_files_total", "Requests for files whose bytes are gone.", undefined, ({ missing }) => missing);
  const perOperation = (stats: MediaStats, what: "calls" | "errors"): Record<string, number> =>
    Object.fromEntries(Object.entries(stats.storage).map(([operation, count]) => [operation, count[what]]));
  counted("holdfast_storage_calls_total", "What was asked of the storage.", "operation", (stats) => perOperation(stats, "calls"));
  counted("holdfast_storage_errors_total", "What the storage could not do.", "operation", (stats) => perOperation(stats, "errors"));

  const gauge = (name: string, help: string, read: () => number): void => {
    void new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  };
  gauge("holdfast_decodes_running", "Images being decoded.", () => media.stats().decodes.running);
  gauge("holdfast_decodes_waiting", "Decodes that wait for memory.", () => media.stats().decodes.waiting);
  gauge("holdfast_connections", "Open connections.", () => connections.open());
  void new Gauge({
    name: "holdfast_jobs",
    help: "Work that is due, by kind and state; dead is what was given up.",
    labelNames: ["kind", "state"],
    registers,
    async collect() {
      this.reset();
      // Without the catalogue there is nothing to tell of it, and all the more of the rest.
      const counts = await media.jobs.count().catch(() => []);
      for (const { kind, state, count } of counts) this.set({ kind, state }, count);
    },
  });

  return {
    contentType: register.contentType,
    observe({ method, path, status, ms, bytes }) {
      const kind = kindOf(method, path, media.basePath);
      requests.inc({ kind, status });
      durations.observe({ kind }, ms / 1000);
      sent.inc({ kind }, bytes);
    },
    text: async () => await register.metrics(),
  };
}
