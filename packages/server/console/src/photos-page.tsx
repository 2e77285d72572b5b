import { uploadFile } from "@holdfast/media/browser";
import { type ReactElement, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { useAnnounce } from "./announcer.js";
import { Intake } from "./intake.js";
import { PhotoGrid } from "./photo-grid.js";
import { count } from "./quantities.js";
import { RedeployPanel } from "./redeploy-panel.js";
import { filesUrl } from "./service.js";
import { UploadList } from "./upload-list.js";
import { createUploadQueue } from "./upload-queue.js";
import { usePhotos } from "./use-photos.js";

/** The page of somebody with access: add photos, see them, and redeploy. */
export function PhotosPage(props: { readonly offersRedeploy: boolean; readonly onAccessEnded: () => void }): ReactElement {
  const { offersRedeploy, onAccessEnded } = props;
  const announce = useAnnounce();
  const photos = usePhotos(onAccessEnded);
  const pick = useRef<HTMLButtonElement>(null);

  const { welcome } = photos;
  const [queue] = useState(() =>
    createUploadQueue({
      url: filesUrl,
      send: uploadFile,
      // Enough to fill a line; a browser opens six connections to a host, and thumbnails need some of them.
      parallel: 3,
      onStored: welcome,
      onRefused: (error) => {
        if (error.code === "UNAUTHORIZED") onAccessEnded();
      },
    }),
  );
  const uploads = useSyncExternalStore(queue.subscribe, queue.snapshot);

  const finished = uploads.filter(({ stage }) => stage.kind === "stored").length;
  const failed = uploads.filter(({ stage }) => stage.kind === "failed").length;
  const isBusy = finished + failed < uploads.length;
  useEffect(() => {
    if (isBusy || uploads.length === 0) return;
    const refusals = failed === 0 ? "" : `, ${failed} not`;
    announce(`${count(finished, "file")} stored${refusals}.`);
  }, [announce, failed, finished, isBusy, uploads.length]);

  const choose = (): void => pick.current?.click();
  return (
    <>
      <Intake pick={pick} onFiles={queue.add} />
      {uploads.length > 0 && <UploadList uploads={uploads} queue={queue} />}
      <PhotoGrid photos={photos} onChoose={choose} />
      {offersRedeploy && <RedeployPanel hasPhotos={(photos.files?.length ?? 0) > 0} />}
    </>
  );
}
