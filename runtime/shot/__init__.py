"""From a scene's words to its pictures: text, noise, denoising, decoding, upscaling. Arrays in, arrays out."""
