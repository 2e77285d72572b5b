// The crop, chosen with the picture in sight: dragged, or moved by three sliders, which keys and screen readers reach. What is sent is
// the square alone. Where this cannot run, or the browser cannot read the picture, the form is sent as it is and the server crops.

const shownSide = 280;
const keptSide = 800;

for (const place of document.querySelectorAll("[data-crop]")) {
  const input = document.getElementById(place.dataset.crop);
  const withoutCrop = input.form.querySelector("[data-without-crop]");
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = shownSide * Math.min(2, Math.ceil(devicePixelRatio));
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", place.dataset.label);
  const hint = document.createElement("p");
  hint.className = "hint";
  hint.textContent = place.dataset.label;
  const [zoom, across, down] = ["zoom", "across", "down"].map((name) => {
    const label = document.createElement("label");
    const slider = document.createElement("input");
    slider.type = "range";
    slider.min = 0;
    slider.max = 100;
    slider.step = "any";
    slider.addEventListener("input", draw);
    label.append(place.dataset[name], slider);
    return { label, slider };
  });
  place.append(hint, canvas, zoom.label, across.label, down.label);

  let picture;
  let name = "";

  /** The square that is chosen, in pixels of the picture. */
  function square() {
    const side = Math.min(picture.width, picture.height) / 4 ** (zoom.slider.value / 100);
    const start = (length, { slider }) => ((length - side) * slider.value) / 100;
    return { side, left: start(picture.width, across), top: start(picture.height, down) };
  }
  function paint(onto) {
    const { side, left, top } = square();
    const context = onto.getContext("2d");
    context.fillStyle = "#fff";
    context.fillRect(0, 0, onto.width, onto.height);
    context.imageSmoothingQuality = "high";
    context.drawImage(picture, left, top, side, side, 0, 0, onto.width, onto.height);
  }
  function draw() {
    if (picture !== undefined) paint(canvas);
  }

  async function choose() {
    const [file] = input.files;
    picture?.close();
    picture = file && (await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => undefined));
    name = file?.name ?? "";
    place.hidden = picture === undefined;
    withoutCrop.hidden = picture !== undefined;
    zoom.slider.value = 0;
    across.slider.value = down.slider.value = 50;
    draw();
  }
  input.addEventListener("change", () => void choose());

  let dragged;
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    dragged = { x: event.clientX, y: event.clientY };
  });
  canvas.addEventListener("pointermove", (event) => {
    if (dragged === undefined || picture === undefined) return;
    const { side } = square();
    const perPixel = side / canvas.getBoundingClientRect().width;
    for (const [{ slider }, length, moved] of [
      [across, picture.width, event.clientX - dragged.x],
      [down, picture.height, event.clientY - dragged.y],
    ]) {
      if (length > side) slider.value = Number(slider.value) - (moved * perPixel * 100) / (length - side);
    }
    dragged = { x: event.clientX, y: event.clientY };
    draw();
  });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => (dragged = undefined));

  /** Put the square in the place of the photograph. */
  async function crop() {
    const kept = document.createElement("canvas");
    kept.width = kept.height = Math.round(Math.min(keptSide, square().side));
    paint(kept);
    const blob = await new Promise((resolve) => kept.toBlob(resolve, "image/jpeg", 0.92));
    if (blob !== null) {
      const files = new DataTransfer();
      files.items.add(new File([blob], name.replace(/\.[^.]*$/, "") + ".jpg", { type: "image/jpeg" }));
      input.files = files.files;
    }
  }

  let isReady = false;
  input.form.addEventListener("submit", (event) => {
    if (picture === undefined || isReady) return;
    event.preventDefault();
    const send = () => {
      isReady = true;
      input.form.requestSubmit(event.submitter);
    };
    // What cannot be cropped here is sent as it is.
    crop().then(send, send);
  });
  // Who comes back to the page by the browser's own button chooses anew.
  addEventListener("pageshow", () => (isReady = false));
}
