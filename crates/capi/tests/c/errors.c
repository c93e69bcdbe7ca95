/* Everything that a caller can do wrong. */
#include "check.h"

static int count(void *user, const uint8_t *json, size_t len) {
    (void)json, (void)len;
    ++*(int *)user;
    return 0;
}

static int unknown(void *user, const iomt_diagnostic *diagnostic) {
    CHECK(holds(diagnostic->code, diagnostic->code_len, "FormatUnknown"));
    CHECK(diagnostic->severity == IOMT_ERROR && diagnostic->message == 0);
    ++*(int *)user;
    return 0;
}

int main(void) {
    static const char typo[] = "{\n  \"too\": \"ndjson\"\n}";
    static const uint8_t message[] = ORU("1");
    const size_t len = sizeof message - 1;
    int calls = 0;
    uint8_t one;
    size_t size;
    iomt_error error = {0};
    iomt_translator *translator;

    /* Configurations. */
    error.struct_size = sizeof error;
    translator = (iomt_translator *)&one;
    CHECK(iomt_translator_new(TEXT(typo), &translator, &error) == IOMT_BAD_CONFIG);
    CHECK(translator == NULL && error.status == IOMT_BAD_CONFIG);
    CHECK(error.offset >= 4 && error.offset <= 9);
    CHECK(iomt_translator_new(TEXT("{"), &translator, NULL) == IOMT_BAD_CONFIG);
    CHECK(iomt_translate_once(TEXT("7"), NULL, message, len, count, NULL, &calls, &error) ==
          IOMT_BAD_CONFIG);
    /* No file is opened, and a map has to be right. */
    CHECK(iomt_translator_new(TEXT("{\"code-maps\":[\"a.csv\"]}"), &translator, NULL) ==
          IOMT_BAD_CONFIG);
    CHECK(iomt_translator_new(TEXT("{\"code-maps\":[{\"csv\":\"a,b\"}]}"), &translator, &error) ==
          IOMT_BAD_CONFIG);
    CHECK(error.offset >= 13);
    CHECK(calls == 0);

    /* NULL. */
    CHECK(iomt_translator_new(NULL, 0, NULL, &error) == IOMT_NULL_POINTER);
    CHECK(error.status == IOMT_NULL_POINTER);
    CHECK(iomt_translator_new(NULL, 2, &translator, NULL) == IOMT_NULL_POINTER);
    CHECK(iomt_translator_free(NULL) == IOMT_OK);
    CHECK(iomt_translator_on_outcome(NULL, count, &calls) == IOMT_NULL_POINTER);
    CHECK(iomt_translate(NULL, NULL, message, len, count, NULL, &calls, &error) == IOMT_NULL_POINTER);
    CHECK(iomt_translator_new(NULL, 0, &translator, NULL) == IOMT_OK);
    CHECK(iomt_translate(translator, NULL, NULL, 1, count, NULL, &calls, &error) == IOMT_NULL_POINTER);
    CHECK(iomt_translate(translator, NULL, message, len, NULL, NULL, NULL, &error) ==
          IOMT_NULL_POINTER);
    CHECK(iomt_translate(translator, NULL, message, SIZE_MAX, count, NULL, &calls, &error) ==
          IOMT_TOO_LONG);
    CHECK(calls == 0);

    /* Formats; NULL with length 0 is an empty input. */
    CHECK(iomt_translate(translator, "fax", message, len, count, NULL, &calls, &error) ==
          IOMT_NO_SUCH_FORMAT);
    CHECK(iomt_translate(translator, "\xff", message, len, count, NULL, &calls, &error) ==
          IOMT_NO_SUCH_FORMAT);
    CHECK(iomt_translate(translator, NULL, NULL, 0, count, unknown, &calls, &error) ==
          IOMT_NOT_DETECTED);
    CHECK(calls == 1 && error.errors == 1 && error.message == 0 && error.offset == 0);
    CHECK(iomt_translate(translator, "hl7v2", BYTES("hello"), count, NULL, &calls, &error) ==
          IOMT_REJECTED);
    CHECK(calls == 1 && error.documents == 0);

    /* The struct of an older caller than there ever was is left alone; a newer one is fine. */
    error.struct_size = sizeof(size_t);
    error.errors = 77;
    CHECK(iomt_translate(translator, NULL, message, len, count, NULL, &calls, &error) ==
          IOMT_STRUCT_SIZE);
    CHECK(calls == 1 && error.errors == 77);
    {
        struct {
            iomt_error error;
            char later[64];
        } newer = {0};
        memset(newer.later, 'x', sizeof newer.later);
        newer.error.struct_size = sizeof newer;
        CHECK(iomt_translate(translator, NULL, message, len, count, NULL, &calls, &newer.error) ==
              IOMT_OK);
        CHECK(newer.error.struct_size == sizeof newer && newer.error.documents == 1);
        CHECK(newer.later[0] == 'x' && calls == 2);
    }
    CHECK(iomt_translator_free(translator) == IOMT_OK);

    /* Formats go to the caller's buffer. */
    {
        uint8_t *buffer;
        size_t needed = 0;
        CHECK(iomt_formats(NULL, 0, &needed) == IOMT_BUFFER_TOO_SMALL && needed > 2);
        buffer = malloc(needed);
        CHECK(buffer != NULL);
        size = 0;
        buffer[0] = 'x';
        CHECK(iomt_formats(buffer, needed - 1, &size) == IOMT_BUFFER_TOO_SMALL);
        CHECK(size == needed && buffer[0] == 'x');
        CHECK(iomt_formats(buffer, needed, &size) == IOMT_OK && size == needed);
        CHECK(buffer[0] == '[' && buffer[needed - 1] == ']');
        CHECK(holds(buffer, size, "\"hl7v2\"") && holds(buffer, size, "\"gatt\""));
        CHECK(iomt_formats(NULL, 1, &size) == IOMT_NULL_POINTER);
        CHECK(iomt_formats(buffer, needed, NULL) == IOMT_NULL_POINTER);
        free(buffer);
    }
    return 0;
}
