import type { Picture } from "./types";

/** Longest side that is sent, in pixels; models look at no more. */
export const LONGEST_SIDE = 1568;
const LARGEST_BYTES = 1_500_000;
const AS_IT_IS = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);
const JPEG_QUALITY = 0.86;

/** A file as it is sent, scaled down when it is large. Throws with a reason for people. */
export async function pictureOf(file: File): Promise<Picture> {
  if (!file.type.startsWith("image/")) throw new Error(`${file.name} is not a picture.`);
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new Error(`${file.name} cannot be read as a picture.`);
  });
  const { width, height } = bitmap;
  const target = fitted(width, height);
  const fits = target.width === width && file.size <= LARGEST_BYTES && AS_IT_IS.has(file.type);
  try {
    const url = fits ? await dataUrl(file) : drawn(bitmap, target, file.type);
    const scaledFrom = target.width === width ? {} : { scaledFrom: { width, height } };
    return { name: file.name || "pasted picture", url, ...target, ...scaledFrom };
  } finally {
    bitmap.close();
  }
}

/** The size, no side longer than allowed, in the same proportions. */
export function fitted(width: number, height: number): { width: number; height: number } {
  const scale = Math.min(1, LONGEST_SIDE / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

function drawn(bitmap: ImageBitmap, size: { width: number; height: number }, type: string): string {
  const canvas = Object.assign(document.createElement("canvas"), size);
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0, size.width, size.height);
  // A photograph is smaller as JPEG; anything else may have transparent parts.
  return type === "image/jpeg"
    ? canvas.toDataURL("image/jpeg", JPEG_QUALITY)
    : canvas.toDataURL("image/webp");
}

function dataUrl(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as string);
    reader.onerror = () => reject(new Error(`${file.name} cannot be read.`));
    reader.readAsDataURL(file);
  });
}
