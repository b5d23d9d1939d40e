## A request: its type, id and fields (text); [] where there are no more.

function request = receive ()
  requests = kernel_runner.stream ("requests", "/dev/fd/3", "rb");
  header = fgetl (requests);
  request = [];
  if (! ischar (header) || header(1) == "Q")
    return;
  endif
  words = strsplit (header, " ");
  fields = {};
  for length = str2double (words(3:end))
    fields{end+1} = char (fread (requests, length, "uint8=>uint8")');
  endfor
  request = struct ("type", words{1}, "id", str2double (words{2}), "fields", {fields});
endfunction
