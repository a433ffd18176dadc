/* A model and pictures that travel in flash with the program; both are empty unless CMake was given
 * COVEY_EMBED_MODEL and COVEY_EMBED_PICTURES. */
  .section .rodata.embedded, "a"
  .globl covey_embedded_model, covey_embedded_model_end
  .globl covey_embedded_pictures, covey_embedded_pictures_end
  .balign 16
covey_embedded_model:
#ifdef COVEY_EMBED_MODEL
  .incbin COVEY_EMBED_MODEL
#endif
covey_embedded_model_end:
  .balign 16
covey_embedded_pictures:
#ifdef COVEY_EMBED_PICTURES
  .incbin COVEY_EMBED_PICTURES
#endif
covey_embedded_pictures_end:
